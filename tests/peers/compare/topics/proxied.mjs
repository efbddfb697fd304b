// What other services are asked for an account: which, with what proof, and what is passed on of it.

import { admin } from '../side.mjs'
import { createIdentity, Key } from '../tokens.mjs'

const ECHO = 'com.example.echo'

export const script = async (c) => {
  const account = await c.account('paula')
  const { did, token } = account
  const { moderation, stub } = c
  const to = (value) => ({ headers: { 'atproto-proxy': value } })
  const ask = (label, { params = { a: 'b' }, who = token, nsid = ECHO, ...options } = {}) =>
    c.get(label, nsid, params, who, options)
  await ask('the app view')
  await ask('with many parameters', { params: { a: ['1', '2'], empty: '', 'c[]': 'd e', f: 'g+h/ü' } })
  await ask('by nobody', { who: null })
  await ask('by the operator', { who: admin })
  await ask('with nonsense', { who: 'nonsense' })
  await ask('with the token for refreshing', { who: account.refresh })
  await ask('taken down', { who: c.forged(did, { scope: 'com.atproto.takendown' }) })
  await ask('waiting', { who: c.forged(did, { scope: 'com.atproto.signupQueued' }) })
  await ask('of an unknown account', { who: c.forged('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa') })
  await ask('with headers', {
    headers: {
      'accept-language': 'de',
      'accept-encoding': 'gzip',
      'atproto-accept-labelers': 'did:web:labels.example;redact',
      'x-bsky-topics': 'a,b',
      'x-other': 'secret',
      cookie: 'a=b',
      'user-agent': 'test',
      'x-forwarded-for': '1.2.3.4',
      'if-none-match': '"abc"',
    },
  })
  await c.post('with a body', ECHO, { some: 'thing', number: 1.5 }, token)
  await c.upload('with text', ECHO, 'hello', 'text/plain; charset=utf-8', token)
  await c.upload('with bytes', ECHO, Buffer.from([1, 2, 3]), 'application/octet-stream', token)
  await c.post('without a body', ECHO, undefined, token)
  await c.send('with a body in pieces', 'POST', `/xrpc/${ECHO}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{"a":1}',
    chunked: true,
  })
  await c.send('a body of half a megabyte', 'POST', `/xrpc/${ECHO}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: `{"a":"${'x'.repeat(500_000)}"}`,
  })
  await c.send('by HEAD', 'HEAD', `/xrpc/${ECHO}`, { headers: { authorization: `Bearer ${token}` } })

  for (const [label, value] of [
    ['a service', `${moderation.did}#stub`],
    ['the labeler', `${moderation.did}#atproto_labeler`],
    ['the app view by name', `${c.appview}#bsky_appview`],
    ['a service that is not in its document', `${moderation.did}#nothing`],
    ['a service where nobody is', `${moderation.did}#other`],
    ['no DID', '#stub'],
    ['no service', moderation.did],
    ['an empty service', `${moderation.did}#`],
    ['two services', `${moderation.did}#stub#other`],
    ['a space', `${moderation.did}#stub more`],
    ['spaces around', ` ${moderation.did}#stub `],
    ['what is no DID', 'nonsense#stub'],
    ['a DID of another kind', 'did:key:zQ3shunBKsXixLxKtC5qeSG9E4J5RkGN57im31pcTzbNQnm5w#stub'],
    ['an unknown DID', 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa#stub'],
    ['an unknown host', 'did:web:nobody.invalid#stub'],
    ['nothing', ''],
  ]) {
    await ask(`to: ${label}`, to(value))
    await ask(`to: ${label}, by nobody`, { ...to(value), who: null })
  }
  const key = new Key()
  const withType = await createIdentity(key, {
    keys: { atproto: key.did },
    services: {
      odd: { type: 'Odd', endpoint: `${stub.url}/` },
      path: { type: 'Path', endpoint: `${stub.url}/path` },
      ftp: { type: 'Ftp', endpoint: 'ftp://localhost' },
    },
  })
  c.names.set(withType, 'odd service')
  await ask('to: a service with a slash', to(`${withType}#odd`))
  await ask('to: a service with a path', to(`${withType}#path`))
  await ask('to: a service of FTP', to(`${withType}#ftp`))
  stub.documents.set('/.well-known/did.json', {
    body: {
      '@context': ['https://www.w3.org/ns/did/v1'],
      id: c.appview,
      service: [
        { id: '#bsky_appview', type: 'BskyAppView', serviceEndpoint: stub.url },
        { id: `${c.appview}#full`, type: 'Full', serviceEndpoint: stub.url },
      ],
    },
  })
  await ask('to: a service of did:web', to(`${c.appview}#full`))
  for (const nsid of [
    'com.atproto.server.getSession',
    'com.atproto.server.describeServer',
    'com.atproto.sync.getLatestCommit',
  ])
    await ask(`own methods go nowhere: ${nsid}`, { nsid, params: { did }, ...to(`${moderation.did}#stub`) })

  for (const nsid of [
    'com.atproto.server.requestAccountDelete',
    'com.atproto.Server.getSession',
    'com.atproto.admin.sendEmail',
    'com.atproto.identity.signPlcOperation',
  ])
    await ask(`protected: ${nsid}`, { nsid })
  for (const nsid of [
    'app.bsky.actor.searchActors',
    'app.bsky.feed.getFeedGenerator',
    'app.bsky.unspecced.getConfig',
    'chat.bsky.convo.listConvos',
    'com.atproto.label.queryLabels',
    'com.atproto.lexicon.resolveLexicon',
    'com.atproto.temp.fetchLabels',
    'tools.ozone.moderation.queryEvents',
    'tools.ozone.communication.listTemplates',
    'tools.ozone.team.listMembers',
    'tools.ozone.server.getConfig',
  ])
    await ask(`where ${nsid} goes`, { nsid })

  const answer = async (label, wanted, options) => {
    stub.wanted.set(ECHO, wanted)
    await ask(`answers: ${label}`, options)
    stub.wanted.delete(ECHO)
  }
  const error = { error: 'SomeError', message: 'It went wrong' }
  for (const status of [201, 204, 302, 400, 401, 403, 404, 413, 418, 429, 500, 501, 502, 503])
    await answer(`${status}`, {
      status,
      body: status === 204 ? Buffer.alloc(0) : error,
      headers: status === 302 ? { location: 'https://example.com' } : {},
    })
  await answer('400 of text', { status: 400, body: Buffer.from('oh no'), headers: { 'content-type': 'text/plain' } })
  await answer('500 of text', { status: 500, body: Buffer.from('oh no'), headers: { 'content-type': 'text/html' } })
  await answer('400 with a message only', { status: 400, body: { message: 'why' } })
  await answer('400 with a list', { status: 400, body: ['a'] })
  await answer('429 and when', { status: 429, body: error, headers: { 'retry-after': '7', 'ratelimit-limit': '5' } })
  await answer('hanging up', { hangsUp: true })
  await answer('breaking off', { breaksOff: true, body: Buffer.alloc(50_000, 'a') })
  await c.hangUp('a client hangs up', ECHO, token)
  await ask('and asks again')
  await answer('text', { body: Buffer.from('<b>hello</b>'), headers: { 'content-type': 'text/html; charset=utf-8' } })
  await answer('no type', { body: Buffer.from('hello'), headers: { 'content-type': '' } })
  await answer('with headers', {
    headers: {
      'atproto-repo-rev': '3jui7kd54zh2y',
      'atproto-content-labelers': 'did:web:labels.example',
      'content-language': 'de',
      'set-cookie': 'a=b',
      'x-other': 'secret',
      'cache-control': 'public, max-age=60',
      etag: '"abc"',
      vary: 'accept-language',
      'access-control-allow-origin': 'https://elsewhere.example',
      'www-authenticate': 'Basic',
      'content-disposition': 'inline',
      'ratelimit-limit': '5',
    },
  })
  await answer('an error with headers', {
    status: 400,
    body: error,
    headers: {
      'atproto-repo-rev': '3jui7kd54zh2y',
      'atproto-content-labelers': 'did:web:labels.example',
      'x-other': 'secret',
    },
  })
  await answer('broken JSON', { body: Buffer.from('{"a":') })

  const foreign = (label, params, who, options) =>
    c.get(
      `records elsewhere: ${label}`,
      'com.atproto.repo.getRecord',
      { repo: 'did:web:example.com', collection: 'app.bsky.feed.post', rkey: 'a', ...params },
      who,
      options,
    )
  await foreign('a record', {}, token)
  await foreign('by nobody', {}, null)
  await foreign('of a handle', { repo: 'alice.example.com' }, token)
  await foreign('of another service', {}, token, to(`${moderation.did}#stub`))
  stub.wanted.set('com.atproto.repo.getRecord', {
    status: 400,
    body: { error: 'RecordNotFound', message: 'no such record' },
  })
  await foreign('that is not there', {}, token)
  stub.wanted.delete('com.atproto.repo.getRecord')

  const generator = {
    uri: 'at://did:web:feeds.example/app.bsky.feed.generator/a',
    cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
    value: {
      $type: 'app.bsky.feed.generator',
      did: 'did:web:feeds.example',
      displayName: 'A',
      createdAt: '2026-01-01T00:00:00.000Z',
    },
  }
  const feed = (label, params, options) =>
    c.get(`feed: ${label}`, 'app.bsky.feed.getFeed', { feed: generator.uri, ...params }, token, options)
  stub.wanted.set('com.atproto.repo.getRecord', { body: generator })
  await feed('one', { limit: 5 })
  await feed('of another service', {}, to(`${moderation.did}#stub`))
  await feed('with labelers', {}, { headers: { 'atproto-accept-labelers': 'did:web:labels.example' } })
  await c.get('feed: by nobody', 'app.bsky.feed.getFeed', { feed: generator.uri })
  await feed('what is no address', { feed: 'nonsense' })
  await feed('nothing', { feed: undefined })
  stub.wanted.set('com.atproto.repo.getRecord', { body: { ...generator, value: { displayName: 'A' } } })
  await feed('without a generator', {})
  stub.wanted.set('com.atproto.repo.getRecord', { status: 400, body: { error: 'RecordNotFound', message: 'no' } })
  await feed('that is not there', {})
  stub.wanted.delete('com.atproto.repo.getRecord')

  const push = (name, label, input, who = token) =>
    c.post(
      `${name}: ${label}`,
      `app.bsky.notification.${name}`,
      { serviceDid: c.appview, token: 'device', platform: 'ios', appId: 'app', ...input },
      who,
    )
  for (const name of ['registerPush', 'unregisterPush']) {
    await push(name, 'the app view', {})
    await push(name, 'an unknown service', { serviceDid: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })
    await push(name, 'a service without notifications', { serviceDid: moderation.did })
    await push(name, 'nothing', { serviceDid: undefined })
    await push(name, 'by nobody', {}, null)
  }
}
