// Accounts are made, looked at, put to sleep, woken and deleted.

import { admin } from '../side.mjs'
import { Key } from '../tokens.mjs'

const S = 'com.atproto.server'

export const script = async (c) => {
  await c.get('the server describes itself', `${S}.describeServer`)
  const input = { handle: 'alice.test', email: 'Alice@Example.com', password: 'password of alice' }
  const create = (label, changes, options) =>
    c.post(label, `${S}.createAccount`, { ...input, ...changes }, undefined, options)
  const { body } = await create('an account')
  const alice = c.known('alice', { ...input, did: body.did, token: body.accessJwt, refresh: body.refreshJwt })
  await c.get('its session', `${S}.getSession`, {}, alice.token)
  await c.get('its repository', 'com.atproto.repo.describeRepo', { repo: alice.did })
  await create('its handle again', { email: 'other@example.com' })
  await create('its handle in capitals', { handle: 'ALICE.test', email: 'other@example.com' })
  await create('its address again', { handle: 'alice2.test' })
  await create('its address in capitals', { handle: 'alice2.test', email: 'ALICE@EXAMPLE.COM' })
  await create('without an address', { handle: 'noaddress.test', email: undefined })
  await create('with what is no address', { handle: 'noaddress.test', email: 'not an address' })
  await create('with an address of nowhere', { handle: 'noaddress.test', email: 'someone@localhost' })
  await create('with a disposable address', { handle: 'noaddress.test', email: 'someone@mailinator.com' })
  await create('with an empty address', { handle: 'noaddress.test', email: '' })
  await create('without a password', {
    handle: 'nopassword.test',
    email: 'nopassword@example.com',
    password: undefined,
  })
  await create('with an empty password', {
    handle: 'emptypassword.test',
    email: 'emptypassword@example.com',
    password: '',
  })
  await create('with a short password', {
    handle: 'shortpassword.test',
    email: 'shortpassword@example.com',
    password: 'a',
  })
  await create('with a password of 256', {
    handle: 'longpassword.test',
    email: 'longpassword@example.com',
    password: 'p'.repeat(256),
  })
  await create('with a password of 257', {
    handle: 'toolong.test',
    email: 'toolong@example.com',
    password: 'p'.repeat(257),
  })
  await create('without a handle', { handle: undefined })
  await create('with a number for a handle', { handle: 17 })
  await create('with an operation of PLC', { handle: 'op.test', email: 'op@example.com', plcOp: {} })
  await create('with a recovery key', {
    handle: 'recovery.test',
    email: 'recovery@example.com',
    recoveryKey: new Key().did,
  })
  await create('with a recovery key that is none', {
    handle: 'recovery2.test',
    email: 'recovery2@example.com',
    recoveryKey: 'did:key:zabc',
  })
  await create('with an invite code where none is needed', {
    handle: 'code.test',
    email: 'code@example.com',
    inviteCode: 'localhost-aaaaa-bbbbb',
  })
  await create('with fields that nobody knows', {
    handle: 'fields.test',
    email: 'fields@example.com',
    colour: 'red',
    verificationCode: '1',
    verificationPhone: '2',
  })
  await create('with the DID of another and no proof', {
    handle: 'stolen.test',
    email: 'stolen@example.com',
    did: alice.did,
  })
  await create('with a DID that is none', { handle: 'nodid.test', email: 'nodid@example.com', did: 'did' })
  await create(
    'with a token that is none',
    { handle: 'basic.test', email: 'basic@example.com' },
    { headers: { authorization: 'Bearer nothing' } },
  )
  await create(
    'with the password of the operator',
    { handle: 'basic.test', email: 'basic@example.com' },
    { headers: admin },
  )
  await create(
    'with a session',
    { handle: 'session.test', email: 'session@example.com' },
    { headers: { authorization: `Bearer ${alice.token}` } },
  )
  await c.post('nothing at all', `${S}.createAccount`, {})
  await c.post('no body', `${S}.createAccount`)

  const key = await c.post('a reserved key', `${S}.reserveSigningKey`, {})
  const { body: first } = await c.post('a reserved key for a DID', `${S}.reserveSigningKey`, {
    did: 'did:web:someone.example',
  })
  c.names.set(first.signingKey, 'reserved key')
  await c.post('the same again', `${S}.reserveSigningKey`, { did: 'did:web:someone.example' })
  await c.post('for what is no DID', `${S}.reserveSigningKey`, { did: 'someone' })
  await c.post('without a body', `${S}.reserveSigningKey`)
  c.names.set(key.body.signingKey, 'other reserved key')

  const bob = await c.account('bob')
  await c.get('the state of an active account', `${S}.checkAccountStatus`, {}, bob.token)
  await c.get('the state for nobody', `${S}.checkAccountStatus`)
  await c.get('the state for the operator', `${S}.checkAccountStatus`, {}, admin)
  await c.post('being active is made active', `${S}.activateAccount`, undefined, bob.token)
  await c.post('activation with a body', `${S}.activateAccount`, {}, bob.token)
  await c.post('activation by nobody', `${S}.activateAccount`)
  await c.post('going to sleep until', `${S}.deactivateAccount`, { deleteAfter: '2099-01-01T00:00:00.000Z' }, bob.token)
  await c.post('going to sleep again', `${S}.deactivateAccount`, {}, bob.token)
  await c.post('going to sleep until no time', `${S}.deactivateAccount`, { deleteAfter: 'tomorrow' }, bob.token)
  await c.post('going to sleep without a body', `${S}.deactivateAccount`, undefined, bob.token)
  await c.post('going to sleep by nobody', `${S}.deactivateAccount`, {})
  await c.get('the session of a sleeper', `${S}.getSession`, {}, bob.token)
  await c.get('the state of a sleeper', `${S}.checkAccountStatus`, {}, bob.token)
  await c.post('a sleeper signs in', `${S}.createSession`, { identifier: bob.handle, password: bob.password })
  await c.post('a sleeper refreshes', `${S}.refreshSession`, undefined, bob.refresh)
  await c.post(
    'a sleeper writes',
    'com.atproto.repo.createRecord',
    { repo: bob.did, collection: 'app.bsky.feed.post', record: { text: 'z', createdAt: '2026-01-01T00:00:00.000Z' } },
    bob.token,
  )
  await c.get('what a sleeper has', 'com.atproto.repo.describeRepo', { repo: bob.did })
  await c.get('records of a sleeper', 'com.atproto.repo.listRecords', {
    repo: bob.did,
    collection: 'app.bsky.feed.post',
  })
  await c.get('the handle of a sleeper', 'com.atproto.identity.resolveHandle', { handle: bob.handle })
  await c.get('the repository of a sleeper', 'com.atproto.sync.getRepo', { did: bob.did })
  await c.get('the repository of a sleeper for itself', 'com.atproto.sync.getRepo', { did: bob.did }, bob.token)
  await c.get('the status of a sleeper', 'com.atproto.sync.getRepoStatus', { did: bob.did })
  await create("a sleeper's handle", { handle: bob.handle, email: 'bob2@example.com' })
  await create("a sleeper's address", { handle: 'bob2.test', email: bob.email })
  await c.post('a sleeper changes its handle', 'com.atproto.identity.updateHandle', { handle: 'bob3.test' }, bob.token)
  await c.upload('a sleeper uploads', 'com.atproto.repo.uploadBlob', 'some text', 'text/plain', bob.token)
  await c.get(
    'a service token for a sleeper',
    `${S}.getServiceAuth`,
    { aud: 'did:web:example.com', lxm: 'com.atproto.server.createAccount' },
    bob.token,
  )
  await c.post('waking up', `${S}.activateAccount`, undefined, bob.token)
  await c.get('the session after waking', `${S}.getSession`, {}, bob.token)

  const carol = await c.account('carol')
  const erase = (label, changes, code) =>
    c.post(label, `${S}.deleteAccount`, {
      did: carol.did,
      password: carol.password,
      token: code ?? 'AAAAA-BBBBB',
      ...changes,
    })
  await c.post('asking to be deleted, by nobody', `${S}.requestAccountDelete`)
  const code = await c.newMail(carol.email, () =>
    c.post('asking to be deleted', `${S}.requestAccountDelete`, undefined, carol.token),
  )
  await erase('deletion with a wrong code')
  await erase('deletion with a wrong password', { password: 'wrong' }, code)
  await erase('deletion with a very long password', { password: 'p'.repeat(513) }, code)
  await erase('deletion of nobody', { did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }, code)
  await erase('deletion of another', { did: alice.did, password: alice.password }, code)
  await erase('deletion of what is no DID', { did: 'carol' }, code)
  await erase('deletion without a code', { token: undefined }, code)
  await erase('deletion', {}, code?.toLowerCase())
  await erase('deletion again', {}, code)
  await c.get('the session of a deleted account', `${S}.getSession`, {}, carol.token)
  await c.post('a deleted account refreshes', `${S}.refreshSession`, undefined, carol.refresh)
  await c.post('a deleted account signs in', `${S}.createSession`, {
    identifier: carol.handle,
    password: carol.password,
  })
  await c.post(
    'a deleted account writes',
    'com.atproto.repo.createRecord',
    { repo: carol.did, collection: 'app.bsky.feed.post', record: { text: 'z', createdAt: '2026-01-01T00:00:00.000Z' } },
    carol.token,
  )
  await c.get('the repository of a deleted account', 'com.atproto.sync.getRepo', { did: carol.did })
  await c.get('the status of a deleted account', 'com.atproto.sync.getRepoStatus', { did: carol.did })
  await c.get('the handle of a deleted account', 'com.atproto.identity.resolveHandle', { handle: carol.handle })
  await create('the handle of a deleted account is free', { handle: carol.handle, email: carol.email })
}
