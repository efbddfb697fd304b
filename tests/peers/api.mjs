// `@atproto/api`, the client of the apps: what a person does with an account on an ordinary day,
// and the names of the errors when it goes wrong.

import { AtpAgent, RichText } from '@atproto/api'

import { attempt, call, check, drive, equal, plc, pds, topic } from './ground.mjs'

// The smallest PNG: one pixel.
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)
const POST = 'app.bsky.feed.post'

const run = Date.now().toString(36).slice(-6)
const name = (prefix) => `${prefix}${run}`
const person = (prefix) => ({
  handle: `${name(prefix)}.test`,
  email: `${name(prefix)}@example.com`,
  password: `password of ${name(prefix)}`,
})
const agentOf = (persistSession) => new AtpAgent({ service: pds, persistSession })

/** What `action` must fail with: a name of the lexicon, or one of several, and a status. */
const refused = async (claim, names, status, action) => {
  const error = await action().then(
    () => null,
    (error) => error,
  )
  const found = error && { name: error.error, status: error.status, message: error.message }
  check([names].flat().includes(error?.error) && error.status === status, claim, found)
  check(error.message.length > 0, `${claim}, with a message`)
}

const signUp = async (prefix) => {
  const agent = agentOf()
  const input = person(prefix)
  const { data } = await agent.createAccount(input)
  return { agent, ...input, did: data.did, data }
}

const signingUp = async () => {
  const about = (await agentOf().com.atproto.server.describeServer()).data
  check(about.availableUserDomains.includes('.test'), 'handles are under .test', about)
  check(!about.inviteCodeRequired, 'no invitation is needed', about)
  const { agent, did, handle, email, data } = await signUp('ann')
  check(did.startsWith('did:plc:'), 'an account has a did:plc', did)
  equal(data.handle, handle, 'an account has the handle asked for')
  const document = await (await fetch(`${plc}/${did}`)).json()
  equal(document.alsoKnownAs, [`at://${handle}`], 'the directory has the handle')
  const service = document.service.find(({ id }) => id.endsWith('#atproto_pds'))
  equal(service.serviceEndpoint, pds, 'the directory has the address of the server')
  const session = (await agent.com.atproto.server.getSession()).data
  equal([session.did, session.handle, session.active], [did, handle, true], 'the session is it')
  equal([session.email, session.emailConfirmed], [email, false], 'its e-mail is not confirmed yet')
  equal((await agent.resolveHandle({ handle })).data.did, did, 'the handle resolves')
  const repo = (await agent.com.atproto.repo.describeRepo({ repo: handle })).data
  equal([repo.did, repo.handleIsCorrect, repo.collections], [did, true, []], 'the repository is it')
  return { agent, did, handle, email, password: person('ann').password }
}

const refusedSignUps = async ({ handle, email }) => {
  const attempt = (change) => () => agentOf().createAccount({ ...person('no'), ...change })
  const taken = ['InvalidRequest', 'HandleNotAvailable']
  await refused('a handle is taken once', taken, 400, attempt({ handle }))
  await refused('and its case is no matter', taken, 400, attempt({ handle: handle.toUpperCase() }))
  await refused('an e-mail address is taken once', 'InvalidRequest', 400, attempt({ email }))
  await refused('other domains are refused', 'UnsupportedDomain', 400, attempt({ handle: 'a.example.com' }))
  await refused('some names are reserved', 'HandleNotAvailable', 400, attempt({ handle: 'admin.test' }))
  await refused('names have a form', 'InvalidHandle', 400, attempt({ handle: `a.${name('b')}.test` }))
  await refused('and a least length', 'InvalidHandle', 400, attempt({ handle: 'ab.test' }))
  await refused('addresses have a form', 'InvalidRequest', 400, attempt({ email: 'nobody' }))
  await refused('handles have characters', ['InvalidRequest', 'InvalidHandle'], 400, attempt({ handle: 'a_b_c.test' }))
}

const loggingIn = async ({ did, handle, email, password }) => {
  for (const identifier of [handle, handle.toUpperCase(), email, did]) {
    const agent = agentOf()
    await agent.login({ identifier, password })
    equal(agent.session.did, did, `${identifier} logs in`)
  }
  const login = (change) => () => agentOf().login({ identifier: handle, password, ...change })
  const name = 'AuthenticationRequired'
  await refused('a wrong password is refused', name, 401, login({ password: 'no' }))
  await refused('as is an unknown name', name, 401, login({ identifier: 'nobody.test' }))
  const bare = agentOf()
  await refused('without a session there is none', 'AuthMissing', 401, () =>
    bare.com.atproto.server.getSession(),
  )
  const bad = { headers: { authorization: 'Bearer abc' } }
  await refused('what is no token is refused', 'InvalidToken', 400, () =>
    bare.com.atproto.server.getSession(undefined, bad),
  )
}

const refreshing = async ({ did, handle, password }) => {
  const first = agentOf()
  await first.login({ identifier: handle, password })
  const kept = structuredClone(first.session)
  const tabs = Array.from({ length: 2 }, () => agentOf())
  const expired = []
  for (const round of [1, 2, 3]) {
    const session = round === 1 ? kept : structuredClone(tabs[0].session)
    await Promise.all(tabs.map((tab) => tab.resumeSession(structuredClone(session))))
    for (const tab of tabs) {
      equal(tab.session.did, did, `refresh ${round} in two tabs leaves both logged in`)
      check(tab.session.refreshJwt !== session.refreshJwt, `refresh ${round} gives a new token`)
      await tab.post({ text: `round ${round}` })
    }
    const id = ({ refreshJwt }) => JSON.parse(Buffer.from(refreshJwt.split('.')[1], 'base64url')).jti
    equal(id(tabs[0].session), id(tabs[1].session), `refresh ${round} leaves one next token`)
    expired.push(session)
  }
  const late = agentOf()
  await late.resumeSession(structuredClone(expired.at(-1)))
  equal(late.session.did, did, 'a tab that sleeps over a refresh wakes up logged in')
  const access = { headers: { authorization: `Bearer ${kept.accessJwt}` } }
  await refused('an access token does not refresh', 'InvalidToken', 400, () =>
    tabs[0].com.atproto.server.refreshSession(undefined, access),
  )
  const refresh = { headers: { authorization: `Bearer ${tabs[0].session.refreshJwt}` } }
  await refused('a refresh token does not write', 'InvalidToken', 400, () =>
    tabs[0].com.atproto.server.getSession(undefined, refresh),
  )
  await tabs[0].logout()
  await refused('after logging out the token is void', 'ExpiredToken', 400, () =>
    agentOf().com.atproto.server.refreshSession(undefined, refresh),
  )
}

const image = async ({ agent, did }) => {
  const upload = await agent.uploadBlob(PIXEL, { encoding: 'image/png' })
  const { blob } = upload.data
  equal([blob.mimeType, blob.size], ['image/png', PIXEL.length], 'the blob is what was sent')
  const text = new RichText({ text: 'See https://example.com and #shells' })
  text.detectFacetsWithoutResolution()
  const embed = { $type: 'app.bsky.embed.images', images: [{ image: blob, alt: 'a pixel' }] }
  const posted = await agent.post({ text: text.text, facets: text.facets, embed, langs: ['en'] })
  const rkey = posted.uri.split('/').pop()
  const found = await agent.com.atproto.repo.getRecord({ repo: did, collection: POST, rkey })
  equal(found.data.cid, posted.cid, 'the post is there')
  equal(found.data.value.facets.length, 2, 'with its facets')
  const { image: kept, alt } = found.data.value.embed.images[0]
  equal([kept.ref.toString(), alt], [blob.ref.toString(), 'a pixel'], 'and its image')
  const cid = blob.ref.toString()
  const response = await agent.com.atproto.sync.getBlob({ did, cid })
  check(Buffer.from(response.data).equals(PIXEL), 'the image comes back as it was')
  equal(response.headers['content-type'], 'image/png', 'with its type')
  equal(response.headers['x-content-type-options'], 'nosniff', 'and not to be guessed at')
  check(response.headers['content-security-policy']?.includes('sandbox'), 'nor run')
  const blobs = await agent.com.atproto.sync.listBlobs({ did })
  equal(blobs.data.cids, [cid], 'the blob is listed')
  const missing = await agent.com.atproto.repo.listMissingBlobs()
  equal(missing.data.blobs, [], 'no blob is missing')

  const lone = (await agent.uploadBlob(Buffer.from('words'), { encoding: 'text/plain' })).data.blob
  const pictures = (image) => () =>
    agent.post({ text: 'x', embed: { ...embed, images: [{ image, alt: '' }] } })
  const other = { $type: 'blob', ref: { $link: cid }, mimeType: 'image/png', size: PIXEL.length }
  // The client would not send what is wrong in itself.
  const raw = (image) => async () => {
    const record = { $type: POST, text: 'x', createdAt: new Date().toISOString() }
    record.embed = { ...embed, images: [{ image, alt: '' }] }
    const input = { repo: did, collection: POST, record }
    const { status, body } = await call('com.atproto.repo.createRecord', {
      input,
      token: agent.session.accessJwt,
    })
    if (status === 200) return body
    throw Object.assign(new Error(body.message), { error: body.error, status })
  }
  const unknown = { $link: 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4' }
  await refused('a blob has to be there', 'BlobNotFound', 400, raw({ ...other, ref: unknown }))
  await refused('a post takes images only', 'InvalidRequest', 400, pictures(lone))
  const fresh = Buffer.concat([PIXEL, Buffer.from('fresh')])
  const second = (await agent.uploadBlob(fresh, { encoding: 'image/png' })).data.blob
  const secondRaw = { ...other, ref: { $link: second.ref.toString() }, size: second.size }
  await refused('of the size it has', 'InvalidSize', 400, raw({ ...secondRaw, size: 3 }))
  await refused('and the type it has', 'InvalidMimeType', 400, raw({ ...secondRaw, mimeType: 'image/jpeg' }))
  await refused('and not in the old form', 'InvalidRequest', 400, raw({ cid, mimeType: 'image/png' }))
  await agent.deletePost(posted.uri)
  equal((await agent.com.atproto.sync.listBlobs({ did })).data.cids, [], 'a deleted post takes its image along')
  const gone = await call('com.atproto.sync.getBlob', { params: { did, cid } })
  equal(gone.status, 400, 'which is not served any more')
}

const social = async ({ agent, did }, friend) => {
  const post = await agent.post({ text: 'like me' })
  const paths = async (collection) => {
    const { data } = await agent.com.atproto.repo.listRecords({ repo: did, collection })
    return data.records.map(({ uri }) => uri)
  }
  const first = await agent.like(post.uri, post.cid)
  equal(await paths('app.bsky.feed.like'), [first.uri], 'a like is there')
  const second = await agent.like(post.uri, post.cid)
  equal(await paths('app.bsky.feed.like'), [second.uri], 'liking twice leaves one like')
  await agent.deleteLike(second.uri)
  equal(await paths('app.bsky.feed.like'), [], 'a like can be taken back')
  const follow = await agent.follow(friend.did)
  const again = await agent.follow(friend.did)
  check(follow.uri !== again.uri, 'following twice makes a new record')
  equal(await paths('app.bsky.graph.follow'), [again.uri], 'and leaves one')
  await agent.deleteFollow(again.uri)
  const repost = await agent.repost(post.uri, post.cid)
  equal(await paths('app.bsky.feed.repost'), [repost.uri], 'a repost is there')
  await agent.upsertProfile((old) => ({ ...old, displayName: 'Ann' }))
  await agent.upsertProfile((old) => ({ ...old, description: 'shells' }))
  const profile = { repo: did, collection: 'app.bsky.actor.profile', rkey: 'self' }
  const { value } = (await agent.com.atproto.repo.getRecord(profile)).data
  equal([value.displayName, value.description], ['Ann', 'shells'], 'a profile is edited in steps')
  const { collections } = (await agent.com.atproto.repo.describeRepo({ repo: did })).data
  const expected = ['app.bsky.actor.profile', POST, 'app.bsky.feed.repost']
  equal(collections, expected, 'collections are those that have records')
}

const editing = async ({ agent, did }, friend) => {
  const repo = agent.com.atproto.repo
  const record = { $type: POST, text: 'one', createdAt: new Date().toISOString() }
  const { data: made } = await repo.createRecord({ repo: did, collection: POST, rkey: '3jqfcqzm3fo2j', record })
  equal([made.uri, made.validationStatus], [`at://${did}/${POST}/3jqfcqzm3fo2j`, 'valid'], 'a post is made')
  const at = { repo: did, collection: POST, rkey: '3jqfcqzm3fo2j' }
  const edited = { ...record, text: 'two' }
  const { data: put } = await repo.putRecord({ ...at, record: edited, swapRecord: made.cid })
  check(put.cid !== made.cid, 'an edit changes the CID')
  equal((await repo.getRecord(at)).data.value.text, 'two', 'an edit is there')
  const head = (await agent.com.atproto.sync.getLatestCommit({ did })).data
  equal(head, { cid: put.commit.cid, rev: put.commit.rev }, 'the head is the commit of the edit')
  const { data: same } = await repo.putRecord({ ...at, record: edited })
  equal([same.cid, same.commit], [put.cid, undefined], 'the same again makes no commit')
  const swap = (fields) => () => repo.putRecord({ ...at, record: { ...record, text: 'no' }, ...fields })
  await refused('a stale record is not swapped', 'InvalidSwap', 400, swap({ swapRecord: made.cid }))
  await refused('a record that is there is not made', 'InvalidSwap', 400, swap({ swapRecord: null }))
  await refused('a stale commit is not swapped', 'InvalidSwap', 400, swap({ swapCommit: made.commit.cid }))
  const remove = (fields) => () => repo.deleteRecord({ ...at, ...fields })
  await refused('nor is a stale record deleted', 'InvalidSwap', 400, remove({ swapRecord: made.cid }))
  equal((await repo.getRecord(at)).data.cid, put.cid, 'refused writes change nothing')
  const proper = await repo.putRecord({ ...at, record, swapCommit: put.commit.cid, swapRecord: put.cid })
  const old = () => repo.getRecord({ ...at, cid: put.cid })
  await refused('an old version is not there', 'RecordNotFound', 400, old)
  equal((await repo.getRecord({ ...at, cid: proper.data.cid })).data.value.text, 'one', 'the new one is')

  await agent.deletePost(made.uri)
  await refused('a deleted post is gone', 'RecordNotFound', 400, () => repo.getRecord(at))
  const { data: nothing } = await repo.deleteRecord(at)
  equal(nothing.commit, undefined, 'deleting it again does nothing')

  const create = (fields) => () => repo.createRecord({ repo: did, collection: POST, record, ...fields })
  await refused('a post needs a text', 'InvalidRequest', 400, create({ record: { createdAt: record.createdAt } }))
  await refused('of its type', 'InvalidRequest', 400, create({ record: { ...record, $type: 'app.bsky.feed.like' } }))
  await refused('keys have a form', 'InvalidRequest', 400, create({ rkey: 'a/b' }))
  await refused('which the schema says', 'InvalidRequest', 400, create({ rkey: 'self' }))
  const own = { collection: 'test.pagurus.note', record: { $type: 'test.pagurus.note', n: 1 } }
  const unknown = await create(own)()
  equal(unknown.data.validationStatus, 'unknown', 'records without known schema are taken')
  await refused('unless a known one is asked for', 'InvalidRequest', 400, create({ ...own, validate: true }))
  await refused('numbers are whole', 'InvalidRequest', 400, create({ ...own, record: { ...own.record, n: 1.5 } }))
  await refused('others do not write here', 'AuthenticationRequired', 401, () =>
    friend.agent.com.atproto.repo.createRecord({ repo: did, collection: POST, record }),
  )
  const first = await create({ rkey: '3jqfcqzm3fo2k' })()
  const twice = await create({ rkey: '3jqfcqzm3fo2k', record: edited })().catch((error) => error)
  // The lexicon names no error for it, and the reference fails with 500.
  check([400, 409, 500].includes(twice.status), 'a key is made once', twice.status ?? twice)
  const kept = (await repo.getRecord({ ...at, rkey: '3jqfcqzm3fo2k' })).data
  equal([kept.cid, kept.value.text], [first.data.cid, 'one'], 'and keeps what it has')
  await refused('what is not there is not found', 'RecordNotFound', 400, () =>
    repo.getRecord({ repo: did, collection: POST, rkey: 'nothing' }),
  )
}

const paging = async ({ agent, did }) => {
  const collection = 'test.pagurus.page'
  const keys = Array.from({ length: 25 }, (_, index) => `k${String(index).padStart(2, '0')}`)
  const writes = keys.map((rkey) => ({
    $type: 'com.atproto.repo.applyWrites#create',
    collection,
    rkey,
    value: { $type: collection, rkey },
  }))
  const { data } = await agent.com.atproto.repo.applyWrites({ repo: did, writes })
  equal(data.results.length, 25, 'all of a batch is made')
  const walk = async (limit, reverse) => {
    const found = []
    const sizes = []
    let cursor
    do {
      const params = { repo: did, collection, limit, cursor, reverse }
      const page = (await agent.com.atproto.repo.listRecords(params)).data
      check(page.records.length <= limit, `a page has ${limit} records at most`)
      if (page.records.length > 0) sizes.push(page.records.length)
      for (const { uri, value } of page.records) {
        equal(uri, `at://${did}/${collection}/${value.rkey}`, 'a record is at its address')
        found.push(value.rkey)
      }
      cursor = page.cursor
      check(sizes.length <= 25, 'paging ends')
    } while (cursor)
    return { found, sizes }
  }
  const newest = await walk(7)
  equal(newest.found, keys.toReversed(), 'pages have all records once, newest first')
  equal(newest.sizes, [7, 7, 7, 4], 'pages are full until the last')
  equal((await walk(7, true)).found, keys, 'or the oldest first')
  equal((await walk(25)).found, keys.toReversed(), 'as does one page')
  const none = { repo: did, collection: 'test.pagurus.none' }
  equal((await agent.com.atproto.repo.listRecords(none)).data.records, [], 'nothing is an empty page')
  const raw = await call('com.atproto.repo.listRecords', { params: { ...none, limit: 101 } })
  equal([raw.status, raw.body.error], [400, 'InvalidRequest'], 'a page has a greatest size')
  const removal = keys.map((rkey) => ({ $type: 'com.atproto.repo.applyWrites#delete', collection, rkey }))
  await agent.com.atproto.repo.applyWrites({ repo: did, writes: removal })
  equal((await walk(7)).found, [], 'deleted records are not listed')
  const many = Array.from({ length: 201 }, () => ({ ...writes[0], rkey: undefined }))
  await refused('a batch has a greatest size', 'InvalidRequest', 400, () =>
    agent.com.atproto.repo.applyWrites({ repo: did, writes: many }),
  )
  equal((await walk(7)).found, [], 'and a refused one writes nothing')
}

const appPasswords = async ({ agent, handle }) => {
  const server = agent.com.atproto.server
  const { data } = await server.createAppPassword({ name: 'phone' })
  check(/^([a-z2-7]{4}-){3}[a-z2-7]{4}$/.test(data.password), 'an app password has its form', data.password)
  const phone = agentOf()
  await phone.login({ identifier: handle, password: data.password })
  await phone.post({ text: 'from my phone' })
  const refusal = () => phone.com.atproto.server.createAppPassword({ name: 'more' })
  await refused('an app cannot make app passwords', 'InvalidToken', 400, refusal)
  const { passwords } = (await server.listAppPasswords()).data
  equal(passwords.map(({ name }) => name), ['phone'], 'app passwords are listed')
  await server.revokeAppPassword({ name: 'phone' })
  equal((await server.listAppPasswords()).data.passwords, [], 'and revoked')
  const refresh = { headers: { authorization: `Bearer ${phone.session.refreshJwt}` } }
  await refused('which ends their sessions', 'ExpiredToken', 400, () =>
    agentOf().com.atproto.server.refreshSession(undefined, refresh),
  )
  await refused('and logins', 'AuthenticationRequired', 401, () =>
    agentOf().login({ identifier: handle, password: data.password }),
  )
}

const changing = async ({ agent, did, password }) => {
  const server = agent.com.atproto.server
  const handle = `${name('bob')}.test`
  await agent.com.atproto.identity.updateHandle({ handle })
  equal((await agent.resolveHandle({ handle })).data.did, did, 'the new handle resolves')
  const document = await (await fetch(`${plc}/${did}`)).json()
  equal(document.alsoKnownAs[0], `at://${handle}`, 'and the directory has it')
  await server.deactivateAccount({})
  const status = (await agent.com.atproto.sync.getRepoStatus({ did })).data
  equal([status.active, status.status], [false, 'deactivated'], 'an account can sleep')
  await refused('then it does not write', 'AccountDeactivated', 401, () => agent.post({ text: 'zzz' }))
  await refused('nor is it read', 'RepoDeactivated', 400, () => agentOf().com.atproto.sync.getRepo({ did }))
  const own = await agent.com.atproto.sync.getRepo({ did })
  check(own.data.length > 0, 'but by its owner')
  const again = agentOf()
  await again.login({ identifier: did, password })
  equal([again.session.active, again.session.status], [false, 'deactivated'], 'its owner can log in')
  await server.activateAccount()
  await agent.post({ text: 'awake' })
  const active = (await agent.com.atproto.sync.getRepoStatus({ did })).data
  check(active.active && active.rev, 'and wake it up', active)
  const state = (await server.checkAccountStatus()).data
  equal([state.activated, state.validDid], [true, true], 'its state says so')
}

const wire = async ({ did }) => {
  const get = await call('com.atproto.repo.createRecord')
  equal([get.status, get.body.error], [400, 'InvalidRequest'], 'a procedure is posted')
  const post = await call('com.atproto.repo.describeRepo', { input: {} })
  equal([post.status, post.body.error], [400, 'InvalidRequest'], 'a query is not')
  const params = await call('com.atproto.repo.describeRepo')
  equal([params.status, params.body.error], [400, 'InvalidRequest'], 'a missing parameter is named')
  check(params.body.message.includes('repo'), 'by its name', params.body)
  const broken = await fetch(`${pds}/xrpc/com.atproto.server.createSession`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{',
  })
  equal(broken.status, 400, 'broken JSON is refused')
  equal(broken.headers.get('access-control-allow-origin'), '*', 'browsers may read errors')
  const head = await fetch(`${pds}/xrpc/com.atproto.repo.describeRepo?repo=${did}`, { method: 'HEAD' })
  equal(head.status, 200, 'HEAD is GET')
  const options = await fetch(`${pds}/xrpc/com.atproto.repo.createRecord`, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://example.com',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,atproto-accept-labelers',
    },
  })
  check([200, 204].includes(options.status), 'browsers may ask first', options.status)
  const allowed = options.headers.get('access-control-allow-headers') ?? ''
  check(allowed === '*' || allowed.includes('atproto-accept-labelers'), 'and send any header', allowed)
  const absent = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
  for (const method of ['getRepo', 'getLatestCommit', 'getRepoStatus', 'listBlobs']) {
    const { status, body } = await call(`com.atproto.sync.${method}`, { params: { did: absent } })
    equal([status, body.error], [400, 'RepoNotFound'], `${method} says when there is no repository`)
  }
  const unsigned = await call('com.atproto.repo.createRecord', {
    input: { repo: did, collection: POST, record: {} },
  })
  equal([unsigned.status, unsigned.body.error], [401, 'AuthMissing'], 'writing needs a session')
}

await drive('@atproto/api', async () => {
  const ann = await topic('signing up', signingUp)
  const friend = await signUp('eve')
  await attempt('sign-ups that are refused', () => refusedSignUps(ann))
  await attempt('logging in', () => loggingIn(ann))
  await attempt('refreshing in two tabs', () => refreshing(ann))
  await attempt('a post with an image', () => image(ann))
  await attempt('likes, follows, reposts, a profile', () => social(ann, friend))
  await attempt('editing and deleting', () => editing(ann, friend))
  await attempt('lists in pages', () => paging(ann))
  await attempt('app passwords', () => appPasswords(ann))
  await attempt('the wire', () => wire(ann))
  await attempt('a new handle, sleeping and waking', () => changing(ann))
})
