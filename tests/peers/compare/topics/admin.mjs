// What operators and moderators do: look at accounts, change them, take down accounts, records and blobs.

import { cidOf } from '../../moves/person.mjs'
import { admin, basic } from '../side.mjs'
import { Key, now, serviceToken } from '../tokens.mjs'

const A = 'com.atproto.admin'
const UNKNOWN = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const createdAt = '2026-01-01T00:00:00.000Z'

export const script = async (c) => {
  const account = await c.account('agathe')
  const other = await c.account('anselm')
  const { did, token } = account
  const info = (label, params, who = admin) => c.get(`info: ${label}`, `${A}.getAccountInfo`, { did, ...params }, who)
  await info('of one', {})
  await info('of an unknown DID', { did: UNKNOWN })
  await info('of what is no DID', { did: 'nonsense' })
  await info('of a handle', { did: account.handle })
  await info('for nobody', {}, null)
  await info('with a session', {}, token)
  await info('with a wrong password', {}, { authorization: basic('admin', 'wrong') })
  await info('with a wrong name', {}, { authorization: basic('root', 'admin') })
  await info('with no password', {}, { authorization: 'Basic YWRtaW4=' })
  await info('with another scheme', {}, { authorization: 'Token abc' })
  const { moderation } = c
  const proof = (claims, key = moderation.key) =>
    serviceToken(key, { iss: moderation.did, aud: c.did, lxm: `${A}.getAccountInfo`, ...claims })
  await info('for moderators', {}, proof())
  await info('for labelers', {}, proof({ iss: `${moderation.did}#atproto_labeler` }, moderation.labelKey))
  await info('for moderators with the key of labelers', {}, proof({}, moderation.labelKey))
  await info('for moderators, signed by a stranger', {}, proof({}, new Key()))
  await info('for moderators of another server', {}, proof({ aud: 'did:web:example.com' }))
  await info('for moderators, for another method', {}, proof({ lxm: `${A}.getAccountInfos` }))
  await info('for moderators, for no method', {}, proof({ lxm: undefined }))
  await info('for moderators, too late', {}, proof({ exp: now() - 60 }))
  await info('for others', {}, proof({ iss: did }))
  const infos = (label, dids, who = admin) => c.get(`infos: ${label}`, `${A}.getAccountInfos`, { dids }, who)
  await infos('of two', [did, other.did])
  await infos('of one and an unknown', [did, UNKNOWN])
  await infos('of none', undefined)
  await infos('for nobody', [did], null)
  await c.get('search: by address', `${A}.searchAccounts`, { email: account.email }, admin)
  await c.get('search: by nobody', `${A}.searchAccounts`, { email: account.email })

  const post = (label, name, input, who = admin) => c.post(label, `${A}.${name}`, input, who)
  const handle = (label, input, who) => post(`handle: ${label}`, 'updateAccountHandle', { did, ...input }, who)
  await handle('changed', { handle: 'agathe2.test' })
  await handle('reserved', { handle: 'about.test' })
  await handle('taken', { handle: other.handle })
  await handle('too short', { handle: 'ab.test' })
  await handle('elsewhere', { handle: 'agathe.example.com' })
  await handle('of an unknown account', { did: UNKNOWN, handle: 'agathe3.test' })
  await handle('by nobody', { handle: 'agathe3.test' }, null)
  await handle('with a session', { handle: 'agathe3.test' }, token)
  await handle('by moderators', { handle: 'agathe3.test' }, proof({ lxm: `${A}.updateAccountHandle` }))
  await handle('back again', { handle: account.handle })
  const email = (label, input, who) =>
    post(`email: ${label}`, 'updateAccountEmail', { account: did, email: 'agathe2@example.com', ...input }, who)
  await email('changed', {})
  await email('changed by handle', { account: account.handle, email: 'agathe3@example.com' })
  await email('taken', { email: other.email })
  await email('no address', { email: 'nonsense' })
  await email('of an unknown account', { account: UNKNOWN })
  await email('by nobody', {}, null)
  await c.get('email: is not confirmed', 'com.atproto.server.getSession', {}, token)
  const password = (label, input, who) =>
    post(`password: ${label}`, 'updateAccountPassword', { did, password: 'another password', ...input }, who)
  await password('changed', {})
  await password('too long', { password: 'p'.repeat(257) })
  await password('empty', { password: '' })
  await password('of an unknown account', { did: UNKNOWN })
  await password('by nobody', {}, null)
  await c.post('password: the new one', 'com.atproto.server.createSession', {
    identifier: did,
    password: 'another password',
  })
  await c.post('password: sessions have ended', 'com.atproto.server.refreshSession', undefined, account.refresh)
  const send = (label, input, who) =>
    post(
      `letter: ${label}`,
      'sendEmail',
      { recipientDid: did, senderDid: moderation.did, content: '<p>Hello</p>', subject: 'A word', ...input },
      who,
    )
  await send('to one', {})
  await send('without a subject', { subject: undefined })
  await send('to an unknown account', { recipientDid: UNKNOWN })
  await send('without content', { content: undefined })
  await send('by nobody', {}, null)
  await send('by moderators', {}, proof({ lxm: `${A}.sendEmail` }))
  await post('signing key', 'updateAccountSigningKey', { did, signingKey: new Key().did })
  await post('signing key by nobody', 'updateAccountSigningKey', { did, signingKey: new Key().did }, null)

  const write = (who, rkey, record, collection = 'test.pagurus.thing') =>
    c.quietly('com.atproto.repo.createRecord', { input: { repo: who.did, collection, rkey, record }, who: who.token })
  const { body: record } = await write(other, 'a', { n: 1 })
  await write(other, 'b', { n: 2 })
  const picture = Buffer.from('a picture')
  await c.raw('POST', '/xrpc/com.atproto.repo.uploadBlob', {
    headers: { authorization: `Bearer ${other.token}`, 'content-type': 'text/plain' },
    body: picture,
  })
  const blob = { $type: 'blob', ref: { $link: cidOf(picture) }, mimeType: 'text/plain', size: picture.length }
  const { body: holder } = await write(other, 'file', { file: blob, createdAt })
  const repoRef = (did) => ({ $type: `${A}.defs#repoRef`, did })
  const recordRef = { $type: 'com.atproto.repo.strongRef', uri: record.uri, cid: record.cid }
  const blobRef = { $type: `${A}.defs#repoBlobRef`, did: other.did, cid: cidOf(picture), recordUri: holder.uri }
  const status = (label, params, who = admin) => c.get(`status: ${label}`, `${A}.getSubjectStatus`, params, who)
  const set = (label, subject, changes, who) =>
    post(`takedown: ${label}`, 'updateSubjectStatus', { subject, ...changes }, who)
  const on = { takedown: { applied: true, ref: 'case 1' } }
  const off = { takedown: { applied: false } }
  await status('of an account', { did })
  await status('of a record', { uri: record.uri })
  await status('of a blob', { did: other.did, blob: cidOf(picture) })
  await status('of an unknown account', { did: UNKNOWN })
  await status('of an unknown record', { uri: `at://${did}/test.pagurus.thing/nothing` })
  await status('of a blob of nobody', { blob: cidOf(picture) })
  await status('of nothing', {})
  await status('for nobody', { did }, null)
  await status('for moderators', { did }, proof({ lxm: `${A}.getSubjectStatus` }))
  const show = async (label) => {
    const read = (what, name, params, who) => c.get(`${label}: ${what}`, name, params, who)
    const thing = { repo: other.did, collection: 'test.pagurus.thing' }
    await read('a record', 'com.atproto.repo.getRecord', { ...thing, rkey: 'a' })
    await read('its proof', 'com.atproto.sync.getRecord', { did: other.did, collection: thing.collection, rkey: 'a' })
    await read('a list', 'com.atproto.repo.listRecords', thing)
    await read('a description', 'com.atproto.repo.describeRepo', { repo: other.did })
    await read('an archive', 'com.atproto.sync.getRepo', { did: other.did })
    await read('an archive for its owner', 'com.atproto.sync.getRepo', { did: other.did }, other.token)
    await read('an archive for the operator', 'com.atproto.sync.getRepo', { did: other.did }, admin)
    await read('a blob', 'com.atproto.sync.getBlob', { did: other.did, cid: cidOf(picture) })
    await read('a blob for its owner', 'com.atproto.sync.getBlob', { did: other.did, cid: cidOf(picture) }, other.token)
    await read('a blob for the operator', 'com.atproto.sync.getBlob', { did: other.did, cid: cidOf(picture) }, admin)
    await read('blobs', 'com.atproto.sync.listBlobs', { did: other.did })
    await read('the status', 'com.atproto.sync.getRepoStatus', { did: other.did })
    await read('the handle', 'com.atproto.identity.resolveHandle', { handle: other.handle })
    await read('the session', 'com.atproto.server.getSession', {}, other.token)
    await read('what moderators see', `${A}.getAccountInfo`, { did: other.did }, admin)
  }
  await set('of a record', recordRef, on)
  await status('of a record that is down', { uri: record.uri })
  await set('of a blob', blobRef, on)
  await status('of a blob that is down', { did: other.did, blob: cidOf(picture) })
  await c.upload('takedown: the blob again', 'com.atproto.repo.uploadBlob', picture, 'text/plain', other.token)
  await show('record and blob down')
  await set('of a record, undone', recordRef, off)
  await set('of a blob, undone', blobRef, off)
  await show('record and blob back')
  await set('of an account', repoRef(other.did), on)
  await status('of an account that is down', { did: other.did })
  await show('account down')
  const signIn = (label, more) =>
    c.post(`account down: ${label}`, 'com.atproto.server.createSession', {
      identifier: other.handle,
      password: other.password,
      ...more,
    })
  await signIn('signing in')
  await signIn('signing in with a wrong password', { password: 'wrong' })
  const { body: down } = await signIn('signing in as taken down', { allowTakendown: true })
  const refreshed = (label, who) =>
    c.post(`account down: ${label}`, 'com.atproto.server.refreshSession', undefined, who)
  await refreshed('refreshing', other.refresh)
  await refreshed('refreshing what it then got', down.refreshJwt)
  for (const [who, credential] of [
    ['old token', other.token],
    ['its token', down.accessJwt ?? c.forged(other.did, { scope: 'com.atproto.takendown' })],
  ]) {
    const read = (what, name, params) => c.get(`account down, ${who}: ${what}`, name, params, credential)
    const act = (what, name, input) => c.post(`account down, ${who}: ${what}`, name, input, credential)
    await read('session', 'com.atproto.server.getSession', {})
    await read('preferences', 'app.bsky.actor.getPreferences', {})
    await act('other preferences', 'app.bsky.actor.putPreferences', { preferences: [] })
    await act('writing', 'com.atproto.repo.createRecord', {
      repo: other.did,
      collection: 'test.pagurus.thing',
      record: { n: 1 },
    })
    await read('a token to move', 'com.atproto.server.getServiceAuth', {
      aud: 'did:web:example.com',
      lxm: 'com.atproto.server.createAccount',
    })
    await read('another token', 'com.atproto.server.getServiceAuth', {
      aud: 'did:web:example.com',
      lxm: 'com.example.method',
    })
    await read('its repository', 'com.atproto.sync.getRepo', { did: other.did })
    await read('its blob', 'com.atproto.sync.getBlob', { did: other.did, cid: cidOf(picture) })
    await read('its latest commit', 'com.atproto.sync.getLatestCommit', { did: other.did })
    await read('its state', 'com.atproto.server.checkAccountStatus', {})
    await act('an app password', 'com.atproto.server.createAppPassword', { name: who })
    await act('a report', 'com.atproto.moderation.createReport', {
      reasonType: 'com.atproto.moderation.defs#reasonAppeal',
      subject: repoRef(other.did),
    })
    await act('a code for PLC', 'com.atproto.identity.requestPlcOperationSignature', undefined)
    await act('waking', 'com.atproto.server.activateAccount', undefined)
    await read('another service', 'app.bsky.actor.searchActors', {})
    await act('sleeping', 'com.atproto.server.deactivateAccount', {})
  }
  await set('and awake', repoRef(other.did), { ...on, deactivated: { applied: false } })
  await set('is to be awake', repoRef(other.did), { deactivated: { applied: false } })
  await set('of an account, undone', repoRef(other.did), off)
  await set('is to be awake again', repoRef(other.did), { deactivated: { applied: false } })
  await set('is to sleep', repoRef(other.did), { deactivated: { applied: true } })
  await status('of one that sleeps', { did: other.did })
  await set('wakes', repoRef(other.did), { deactivated: { applied: false } })
  await set('neither', repoRef(other.did), {})
  await set('a record is to sleep', recordRef, { deactivated: { applied: true } })
  await set('of an unknown account', repoRef(UNKNOWN), on)
  await set('of an unknown record', { ...recordRef, uri: `at://${did}/test.pagurus.thing/nothing` }, on)
  await set('of an unknown blob', { ...blobRef, cid: cidOf(Buffer.from('nothing')) }, on)
  await set('of what nobody knows', { $type: 'com.example.ref', did }, on)
  await set('of nothing', undefined, on)
  await set('without a reason', repoRef(did), { takedown: { applied: true } })
  await status('without a reason', { did })
  await set('without a reason, undone', repoRef(did), off)
  await set('by nobody', repoRef(did), on, null)
  await set('with a session', repoRef(did), on, token)
  await set('by moderators', repoRef(did), off, proof({ lxm: `${A}.updateSubjectStatus` }))
  await show('account back')

  await post('delete: by nobody', 'deleteAccount', { did }, null)
  await post('delete: by moderators', 'deleteAccount', { did }, proof({ lxm: `${A}.deleteAccount` }))
  await post('delete: an account', 'deleteAccount', { did })
  await post('delete: again', 'deleteAccount', { did })
  await post('delete: an unknown account', 'deleteAccount', { did: UNKNOWN })
  await info('of a deleted account', {})
  for (const name of ['enableAccountInvites', 'disableAccountInvites'])
    await post(`${name}: where none is needed`, name, { account: other.did })
  await c.get('codes: where none is needed', `${A}.getInviteCodes`, {}, admin)
}
