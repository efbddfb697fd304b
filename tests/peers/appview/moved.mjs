// An account that moves to our server, by the steps of the tools: the AppView goes on showing it, and what is
// added to its answers is what was written since.

import { AtpAgent } from '@atproto/api'

import { attempt, check, equal, until } from '../ground.mjs'
import { images, LAG, Person, pixels, uris } from './people.mjs'

const POSTS = 15

/** Takes a person from their server to another one, where they get a name of that one. */
const move = async (person, host, isGone) => {
  const old = person.agent.com.atproto
  const agent = new AtpAgent({ service: host.url })
  const { data: server } = await agent.com.atproto.server.describeServer()
  const asked = { aud: server.did, lxm: 'com.atproto.server.createAccount' }
  const { data: auth } = await old.server.getServiceAuth(asked)
  const handle = person.handle.replace(person.host.domain, host.domain)
  const account = { did: person.did, handle, email: person.email, password: person.password }
  const headers = { authorization: `Bearer ${auth.token}` }
  await agent.com.atproto.server.createAccount(account, { headers, encoding: 'application/json' })
  await agent.login({ identifier: person.did, password: person.password })
  const next = agent.com.atproto
  const { data: archive } = await old.sync.getRepo({ did: person.did })
  await next.repo.importRepo(archive, { encoding: 'application/vnd.ipld.car' })
  const { data: missing } = await next.repo.listMissingBlobs()
  for (const { cid } of missing.blobs) {
    const { data, headers } = await old.sync.getBlob({ did: person.did, cid })
    await next.repo.uploadBlob(data, { encoding: headers['content-type'] })
  }
  await old.identity.requestPlcOperationSignature()
  const token = await until('the owner gets a code', () => person.host.code(person.email))
  const { data: credentials } = await next.identity.getRecommendedDidCredentials()
  const { data: signed } = await old.identity.signPlcOperation({ token, ...credentials })
  await next.identity.submitPlcOperation({ operation: signed.operation })
  // In this order, because there is no relay here that would not pass on what a former host says.
  await old.server.deactivateAccount({})
  await until('the AppView has heard that the account is gone', isGone)
  await next.server.activateAccount()
  Object.assign(person, { agent, host, handle })
}

export const moved = async ([here, there]) => {
  const { view } = here
  await attempt('an account that moves here is shown as before', async () => {
    const mia = await Person.on(there.host, 'mia', view)
    await mia.dress('Mia', { avatar: await mia.upload(pixels[0]) })
    const old = []
    for (let n = 0; n < POSTS; n++) old.push((await mia.post(`old ${n}`)).uri)
    old.push((await mia.post('old with an image', { embed: images(await mia.upload(pixels[1])) })).uri)
    await mia.isShown()
    await view.settle()
    const feed = async () => mia.ask('app.bsky.feed.getAuthorFeed', { actor: mia.did, limit: 50 })
    const before = uris((await feed()).data.feed)
    equal(before, old.toReversed(), 'what was written before')
    const last = (await mia.post('the last there')).uri
    const profile = () => here.anna.ask('app.bsky.actor.getProfile', { actor: mia.did })
    const isGone = () =>
      profile()
        .then(() => false)
        .catch(({ error }) => error === 'AccountDeactivated')
    await move(mia, here.host, isGone)
    // It takes the tokens of the new key when it has heard of the new identity.
    await until('the AppView believes the new server', async () => feed())
    await mia.isShown()
    await view.settle()
    const moved = await feed()
    equal(uris(moved.data.feed), [last, ...before], 'after the move')
    equal(moved.headers[LAG], undefined, 'nothing is added')
    const first = await view.away(async () => {
      const { uri } = await mia.post('the first here')
      const early = await feed()
      equal(uris(early.data.feed), [uri, last, ...before], 'what is new is added, and nothing else')
      check(early.headers[LAG] !== undefined, 'which is said')
      return uri
    })
    await mia.isShown()
    await view.settle()
    const late = await feed()
    equal(uris(late.data.feed), [first, last, ...before], 'later the AppView knows all of it')
    equal(late.headers[LAG], undefined, 'and nothing is added')
    await until('the AppView knows the new name', async () => {
      const { data } = await mia.ask('app.bsky.actor.getProfile', { actor: mia.did })
      return data.handle === mia.handle && data.displayName === 'Mia'
    })
    const [image] = late.data.feed.find(({ post }) => post.embed).post.embed.images
    const answer = await fetch(image.thumb)
    check(answer.status === 200, 'images come from here', answer.status)
  })
}
