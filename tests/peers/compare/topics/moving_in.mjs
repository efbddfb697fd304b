// An account with a DID of its own comes here: it is made, filled, and not yet active.

import { plc } from '../../ground.mjs'
import { createIdentity, Key, now, serviceToken } from '../tokens.mjs'

const S = 'com.atproto.server'
const CREATE = `${S}.createAccount`

export const script = async (c) => {
  const key = new Key()
  const endpoint = 'https://old.example'
  const handle = 'mover.test'
  const identity = (handle) =>
    createIdentity(key, {
      handle,
      keys: { atproto: key.did },
      services: { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint } },
    })
  const did = await identity(handle)
  c.names.set(did, 'mover')
  c.names.set(key.did, 'key of the mover')
  const input = { did, handle, email: 'mover@example.com', password: 'password of mover' }
  const proof = (claims, signer = key, header) =>
    serviceToken(signer, { iss: did, aud: c.did, lxm: CREATE, ...claims }, header)
  const come = (label, claims, { signer, header, ...changes } = {}) =>
    c.post(`come: ${label}`, CREATE, { ...input, ...changes }, proof(claims, signer, header))
  await c.post('come: without a proof', CREATE, input)
  await come('signed by a stranger', {}, { signer: new Key() })
  await come('for another server', { aud: 'did:web:example.com' })
  await come('for a service of this server', { aud: `${c.did}#atproto_pds`, lxm: 'com.atproto.server.createSession' })
  await come('for another method', { lxm: 'com.atproto.server.createSession' })
  await come('for no method', { lxm: undefined })
  await come('in capitals', { lxm: CREATE.toUpperCase(), exp: now() - 5 })
  await come('too late', { exp: now() - 60 })
  await come('of another type', {}, { header: { typ: 'at+jwt' } })
  await come('of an unknown DID', { iss: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })
  await come('of what is no DID', { iss: 'nonsense' })
  await come('with another DID', {}, { did: c.moderation.did })
  await come('without a DID', {}, { did: undefined, handle: 'mover2.test', email: 'mover2@example.com' })
  await come('without a password and an address', {}, { email: undefined, password: undefined })
  const { body, status } = await come('as it should')
  const token = body.accessJwt ?? c.forged(did)
  await come('again')
  if (status !== 200) return
  await c.get('its session', `${S}.getSession`, {}, token)
  await c.get('its state', `${S}.checkAccountStatus`, {}, token)
  await c.get('its status for all', 'com.atproto.sync.getRepoStatus', { did })
  await c.get('its repository', 'com.atproto.sync.getRepo', { did }, token)
  await c.get('what is recommended', 'com.atproto.identity.getRecommendedDidCredentials', {}, token)
  await c.get('what is missing', 'com.atproto.repo.listMissingBlobs', {}, token)
  await c.post('it is too early', `${S}.activateAccount`, undefined, token)
  await c.post('a code for PLC', 'com.atproto.identity.requestPlcOperationSignature', undefined, token)
  const CAR = 'application/vnd.ipld.car'
  const bring = (label, bytes, type = CAR, who = token) =>
    c.upload(`import: ${label}`, 'com.atproto.repo.importRepo', bytes, type, who)
  const archive = async (account) =>
    (await c.quietly('com.atproto.sync.getRepo', { params: { did: account.did } })).bytes
  const other = await c.account('mona')
  const writes = ['a', 'b', 'c'].map((rkey) => ({
    $type: 'com.atproto.repo.applyWrites#create',
    collection: 'test.pagurus.thing',
    rkey,
    value: { rkey },
  }))
  await c.quietly('com.atproto.repo.applyWrites', { input: { repo: other.did, writes }, who: other.token })
  const theirs = await archive(other)
  await bring('nothing', '')
  await bring('no archive', 'hello')
  await bring('of another type', theirs, 'application/json')
  await bring('by nobody', theirs, CAR, null)
  await bring('half of one', theirs.subarray(0, theirs.length / 2))
  await bring('too great', Buffer.alloc(2 ** 19 + 1))
  await bring('the repository of another', theirs)
  await bring('its own again into an active account', theirs, CAR, other.token)
  await c.get('what another has after it', 'com.atproto.repo.describeRepo', { repo: other.did })
  await c.get('the state of another after it', `${S}.checkAccountStatus`, {}, other.token)
  await fetch(`${plc}/${did}`)
}
