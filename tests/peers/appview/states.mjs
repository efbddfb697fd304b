// What happens to accounts reaches the AppView: names, sleep, takedowns, deletion.

import { ask, attempt, call, check, equal, until } from '../ground.mjs'
import { images, pixels, Person, uris } from './people.mjs'

const told = async (person, method, params) => {
  const answer = person.ask(method, params)
  return answer.then(({ data }) => ({ data })).catch(({ error, message }) => ({ error, message }))
}

export const states = async (side) => {
  const { anna, ben, host, view } = side
  const profile = (did = ben.did) => told(anna, 'app.bsky.actor.getProfile', { actor: did })
  const comes = (claim, wanted, did) =>
    until(claim, async () => {
      const found = await profile(did)
      if (wanted(found)) return true
      throw new Error(JSON.stringify(found).slice(0, 300))
    })
  const timeline = async () => uris((await anna.ask('app.bsky.feed.getTimeline', { limit: 50 })).data.feed)

  const of = (claim) => `${claim} (${host.name})`

  await attempt(of('a new name'), async () => {
    const handle = `renamed${ben.handle}`
    await ben.agent.com.atproto.identity.updateHandle({ handle })
    await comes('the AppView shows the new name', ({ data }) => data?.handle === handle)
    equal(view.answersFor(handle).at(-1), ben.did, 'as the server says')
    const found = await told(anna, 'app.bsky.actor.getProfile', { actor: handle })
    equal(found.data?.did, ben.did, 'the account is found by it')
    ben.handle = handle
  })
  await attempt(of('an account sleeps and wakes'), async () => {
    await ben.agent.com.atproto.server.deactivateAccount({})
    await comes('a sleeping account is not shown', ({ error }) => error === 'AccountDeactivated')
    check(!(await timeline()).includes(side.picture.uri), 'nor its posts')
    await ben.agent.com.atproto.server.activateAccount()
    await comes('it is shown when it wakes', ({ data }) => data?.handle === ben.handle)
    check((await timeline()).includes(side.picture.uri), 'and its posts')
  })
  await attempt(of('an account is taken down and put back'), async () => {
    const subject = { $type: 'com.atproto.admin.defs#repoRef', did: ben.did }
    const mark = (applied) => {
      const input = { subject, takedown: { applied, ...(applied && { ref: 'test' }) } }
      return ask('com.atproto.admin.updateSubjectStatus', { url: host.url, admin: true, input })
    }
    await mark(true)
    await comes('it is not shown', ({ error }) => error === 'AccountTakedown')
    check(!(await timeline()).includes(side.picture.uri), 'nor its posts')
    if (host.name === 'ours') {
      const { status } = await call('app.bsky.feed.getTimeline', { url: host.url, token: ben.token })
      check(status >= 400, 'who was taken down is not shown anything', status)
    }
    await mark(false)
    await comes('it is shown again', ({ data }) => data?.handle === ben.handle)
  })
  await attempt(of('an account is deleted'), async () => {
    const eve = await Person.on(host, 'eve', view)
    await eve.dress('Eve')
    const { uri } = await eve.post('soon gone', { embed: images(await eve.upload(pixels[0])) })
    await eve.isShown()
    await comes('she is shown', ({ data }) => data?.displayName === 'Eve', eve.did)
    await eve.agent.com.atproto.server.requestAccountDelete()
    const token = await until('the owner gets a code', () => host.code(eve.email))
    await eve.agent.com.atproto.server.deleteAccount({ did: eve.did, password: eve.password, token })
    await comes('she is not there any more', ({ message }) => message === 'Profile not found', eve.did)
    const posts = await anna.ask('app.bsky.feed.getPosts', { uris: [uri] })
    equal(posts.data.posts, [], 'nor what she posted')
  })
  await attempt(of('a record is deleted and changed'), async () => {
    const { uri } = await anna.post('not for long')
    await anna.isShown()
    const { data } = await anna.ask('app.bsky.feed.getPosts', { uris: [uri] })
    equal(data.posts.length, 1, 'a post is shown')
    await anna.agent.com.atproto.repo.deleteRecord({
      repo: anna.did,
      collection: 'app.bsky.feed.post',
      rkey: uri.split('/').pop(),
    })
    await anna.isShown()
    await view.settle()
    equal((await anna.ask('app.bsky.feed.getPosts', { uris: [uri] })).data.posts, [], 'and not when it is deleted')
  })
}
