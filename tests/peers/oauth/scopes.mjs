// What apps may do: what they have asked for, less what their users have not agreed to, by
// `@atproto/oauth-client-node`. Permission sets are published by an account of the server itself.

import { Agent } from '@atproto/api'

import { attempt, check, equal, sleep, until } from '../ground.mjs'
import { answerTo, keyedApp, localApp, refused, useAsAgent } from './apps.mjs'
import { Visitor } from './visitor.mjs'

const SERVICE = 'did:web:shells.example#finder'
const NARROW = [
  'atproto',
  'account:email',
  'blob:image/*',
  'identity:handle',
  'repo:com.example.shells.shell?action=create',
  `rpc:com.example.shells.find?aud=${SERVICE.replace('#', '%23')}`,
]
const WIDE = 'atproto transition:generic transition:email'

const GRANTED = '200'
const REFUSED = '403 ScopeMissingError'

const post = (session, nsid, input) => {
  const headers = { 'content-type': 'application/json' }
  return answerTo(session, `/xrpc/${nsid}`, { method: 'POST', headers, body: JSON.stringify(input) })
}
const create = (session, collection, rkey) =>
  post(session, 'com.atproto.repo.createRecord', { repo: session.did, collection, rkey, record: { $type: collection, text: 'x' } })
const upload = (session, type) =>
  answerTo(session, '/xrpc/com.atproto.repo.uploadBlob', { method: 'POST', headers: { 'content-type': type }, body: 'bytes' })
const speak = (session, aud, lxm) =>
  answerTo(session, `/xrpc/com.atproto.server.getServiceAuth?${new URLSearchParams({ aud, lxm })}`)

/** What is behind each scope, in single permissions. */
export const single = async (host) => {
  await attempt('an app may do what it has asked for, and nothing else', async () => {
    const person = await host.account()
    const app = localApp(host, NARROW.join(' '))
    const { session } = await app.signIn(new Visitor(host.url), person)
    equal(app.tokens(person.did).scope.split(' ').sort(), NARROW.toSorted(), 'it is told what it got')
    const own = 'com.example.shells.shell'
    const tries = [
      ['creates what it may', GRANTED, create(session, own, 'one')],
      ['creates something else', REFUSED, create(session, 'com.example.shells.pearl', 'one')],
      ['changes', REFUSED, post(session, 'com.atproto.repo.putRecord', { repo: session.did, collection: own, rkey: 'two', record: { $type: own } })],
      ['uploads a picture', GRANTED, upload(session, 'image/png')],
      ['uploads a text', REFUSED, upload(session, 'text/plain')],
      ['speaks for its user', GRANTED, speak(session, SERVICE, 'com.example.shells.find')],
      ['with another method', REFUSED, speak(session, SERVICE, 'com.example.shells.open')],
      ['at another service', REFUSED, speak(session, 'did:web:shells.example#other', 'com.example.shells.find')],
      ['changes the handle', GRANTED, post(session, 'com.atproto.identity.updateHandle', { handle: person.handle })],
      ['changes the identity', REFUSED, post(session, 'com.atproto.identity.signPlcOperation', { token: 'x' })],
      ['makes app passwords', '403', post(session, 'com.atproto.server.createAppPassword', { name: 'x' })],
      ['sleeps', '403', post(session, 'com.atproto.server.deactivateAccount', {})],
    ]
    for (const [claim, expected, outcome] of tries) {
      const found = await outcome
      check(found.startsWith(expected), `it ${claim}: ${expected}`, found)
    }
    const remove = { repo: session.did, collection: own, rkey: 'one' }
    equal(await post(session, 'com.atproto.repo.deleteRecord', remove), REFUSED, 'it may not delete what it has created')
    const writes = [own, 'com.example.shells.pearl'].map((collection) => ({
      $type: 'com.atproto.repo.applyWrites#create', collection, rkey: 'three', value: { $type: collection },
    }))
    equal(await post(session, 'com.atproto.repo.applyWrites', { repo: session.did, writes }), REFUSED, 'nor mix')
    const { records } = await host.ask('com.atproto.repo.listRecords', { params: { repo: person.did, collection: own } })
    equal(records.map(({ uri }) => uri.split('/').pop()), ['one'], 'of what is mixed nothing is written')
    const { data } = await new Agent(session).com.atproto.server.getSession()
    equal(data.email, person.email, 'it sees the address')
  })

  await attempt('what is not agreed to is not granted', async () => {
    const person = await host.account()
    const app = localApp(host, NARROW.join(' '))
    const { session } = await app.signIn(new Visitor(host.url), { ...person, untick: ['account:email', 'repo'] })
    const granted = NARROW.filter((scope) => !/^(account|repo):/.test(scope))
    equal(app.tokens(person.did).scope.split(' ').sort(), granted.toSorted(), 'the token says so')
    const { data } = await new Agent(session).com.atproto.server.getSession()
    equal([data.did, 'email' in data], [person.did, false], 'it sees no address')
    equal(await create(session, 'com.example.shells.shell', 'one'), REFUSED, 'and writes nothing')
    equal(await upload(session, 'image/png'), GRANTED, 'but what was agreed to')
    await session.getTokenInfo(true)
    equal(app.tokens(person.did).scope.split(' ').sort(), granted.toSorted(), 'a refresh brings no more')
    equal(await create(session, 'com.example.shells.shell', 'one'), REFUSED, 'to be done, either')
  })

  await attempt('an app may ask for less than it could', async () => {
    const person = await host.account()
    const app = localApp(host, WIDE)
    const { session } = await app.signIn(new Visitor(host.url), person, { scope: 'atproto' })
    equal(app.tokens(person.did).scope, 'atproto', 'it gets less')
    equal(await create(session, 'app.bsky.feed.post', 'one'), REFUSED, 'and may do less')
    const asked = app.client.authorize(person.handle, { scope: 'atproto transition:chat.bsky' })
    const error = await refused('more than it says of itself', () => asked)
    equal([error.constructor.name, error.error], ['OAuthResponseError', 'invalid_scope'], 'is refused')
  })

  await attempt('the wide scope is not everything', async () => {
    const person = await host.account()
    const app = localApp(host, WIDE)
    const { session } = await app.signIn(new Visitor(host.url), person)
    const headers = { 'atproto-proxy': 'did:web:chat.example#bsky_chat' }
    equal(await answerTo(session, '/xrpc/chat.bsky.convo.listConvos', { headers }), REFUSED, 'chats are not in it')
    equal(await answerTo(session, '/xrpc/app.bsky.actor.getPreferences'), GRANTED, 'preferences are')
    equal(await post(session, 'com.atproto.identity.updateHandle', { handle: person.handle }), REFUSED, 'the handle is not in it')
    await useAsAgent(session, person)
  })
}

const SET = 'com.example.shells.authBasic'
const LATE = 'com.example.shells.authLate'
const setOf = (id, collections) => ({
  $type: 'com.atproto.lexicon.schema',
  lexicon: 1,
  id,
  defs: {
    main: {
      type: 'permission-set',
      title: 'Collect shells',
      'title:lang': { fr: 'Ramasser des coquillages' },
      detail: 'Adds to your collection.',
      'detail:lang': { fr: 'Complète votre collection.' },
      permissions: [
        { type: 'permission', resource: 'repo', collection: collections, action: ['create'] },
        { type: 'permission', resource: 'rpc', lxm: ['com.example.shells.find'], inheritAud: true },
        { type: 'permission', resource: 'repo', collection: ['com.example.stones.stone'] },
        { type: 'permission', resource: 'blob', accept: ['*/*'] },
      ],
    },
  },
})
const publish = (host, author, id, collections = ['com.example.shells.shell']) =>
  host.ask('com.atproto.repo.putRecord', {
    token: author.token,
    input: { repo: author.did, collection: 'com.atproto.lexicon.schema', rkey: id, record: setOf(id, collections) },
  })

/**
 * Permissions that are asked for by a name. `author` publishes what is behind it, for which the server
 * was told to believe it.
 */
export const sets = async (host, apps, author) => {
  const scope = `atproto include:${SET}?aud=${SERVICE.replace('#', '%23')} include:${LATE}`
  const person = await host.account()
  await publish(host, author, SET)
  const app = await keyedApp(host, apps, 'collector', scope)
  const askedFor = scope.split(' ').slice(0, 2).join(' ')

  await attempt('what is behind a name can be done', async () => {
    const pages = []
    const visitor = new Visitor(host.url)
    const { session } = await app.signIn(visitor, { ...person, seen: (page) => pages.push(page) }, { scope: askedFor })
    const consent = pages.at(-1).text
    check(consent.includes('Collect shells') && consent.includes('Adds to your collection.'), 'it is said in words', consent)
    check(consent.includes('com.example.shells.shell') && !consent.includes('stones'), 'what is in it is shown', consent)
    const rpc = `rpc:com.example.shells.find?aud=${SERVICE.replace('#', '%23')}`
    const expected = ['atproto', 'repo:com.example.shells.shell?action=create', rpc]
    equal(app.tokens(person.did).scope.split(' ').sort(), expected.sort(), 'the token has what is in it, as far as the name reaches')
    for (const [claim, status, outcome] of [
      ['writes what is in it', GRANTED, create(session, 'com.example.shells.shell', 'one')],
      ['writes what is of others', REFUSED, create(session, 'com.example.stones.stone', 'one')],
      ['uploads', REFUSED, upload(session, 'image/png')],
      ['speaks where it has asked to', GRANTED, speak(session, SERVICE, 'com.example.shells.find')],
      ['elsewhere', REFUSED, speak(session, 'did:web:stones.example#finder', 'com.example.shells.find')],
    ])
      equal(await outcome, status, `it ${claim}`)
  })

  await attempt('it is said in the language of the reader', async () => {
    const other = await host.account()
    const visitor = new Visitor(host.url, { lang: 'fr-CA, en;q=0.5' })
    const pages = []
    await app.signIn(visitor, { ...other, seen: (page) => pages.push(page) }, { scope: askedFor })
    equal(pages.map((page) => page.lang), ['fr', 'fr'], 'the pages are in French')
    check(pages.at(-1).text.includes('Ramasser des coquillages'), 'so are permissions of others', pages.at(-1).text)
  })

  const ask = () => app.client.authorize(person.handle, { scope })
  await attempt('an unknown name is refused', async () => {
    const error = await refused('nobody publishes it', ask)
    equal(error.error, 'invalid_scope', 'it is told')
    check(error.errorDescription.includes(LATE), 'which one it is', error.errorDescription)
    await publish(host, author, LATE)
  })

  // What is not there is not looked for again within a minute, during which there is more to do.
  return () =>
    attempt('a name that was unknown is found once it is published', async () => {
      const found = async () => (await ask().catch(() => null)) ?? sleep(2000)
      check(await until('it is found', found, 90), 'the app can ask')
    })
}
