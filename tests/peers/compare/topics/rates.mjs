// Limits on how often something may be asked, and what answers say of them.

import { admin } from '../side.mjs'
import { BYPASS_KEY } from '../servers.mjs'

const S = 'com.atproto.server'
export const isStrict = true
const pass = { 'x-ratelimit-bypass': BYPASS_KEY }

export const script = async (c) => {
  await c.get('a query', `${S}.describeServer`)
  await c.get('one that fails', 'com.atproto.repo.listRecords', {
    repo: 'nobody.test',
    collection: 'test.pagurus.thing',
  })
  await c.get('health', '_health')
  await c.get('one that nobody knows', 'com.example.unknown')
  await c.get('with the key', `${S}.describeServer`, {}, pass)
  await c.get('with a wrong key', `${S}.describeServer`, {}, { 'x-ratelimit-bypass': 'wrong' })
  const { body: code } = await c.quietly(`${S}.createInviteCode`, {
    input: { useCount: 1 },
    who: { ...admin, ...pass },
  })
  const input = { handle: 'rita.test', email: 'rita@example.com', password: 'password', inviteCode: code.code }
  const { body } = await c.post('an account', `${S}.createAccount`, input)
  const rita = c.known('rita', { ...input, did: body.did, token: body.accessJwt })
  await c.post('signing in', `${S}.createSession`, { identifier: rita.handle, password: 'password' })
  await c.post(
    'a record',
    'com.atproto.repo.createRecord',
    { repo: rita.did, collection: 'test.pagurus.thing', rkey: 'a', record: { n: 1 } },
    rita.token,
  )
  await c.post(
    'another record',
    'com.atproto.repo.putRecord',
    { repo: rita.did, collection: 'test.pagurus.thing', rkey: 'a', record: { n: 2 } },
    rita.token,
  )
  await c.post(
    'many',
    'com.atproto.repo.applyWrites',
    {
      repo: rita.did,
      writes: [{ $type: 'com.atproto.repo.applyWrites#delete', collection: 'test.pagurus.thing', rkey: 'a' }],
    },
    rita.token,
  )
  await c.upload('a blob', 'com.atproto.repo.uploadBlob', 'hello', 'text/plain', rita.token)
  await c.get('a repository', 'com.atproto.sync.getRepo', { did: rita.did })
  await c.post('a handle', 'com.atproto.identity.updateHandle', { handle: 'rita2.test' }, rita.token)
  await c.post('a mail', `${S}.requestEmailConfirmation`, undefined, rita.token)
  for (let each = 0; each < 4; each += 1) await c.quietly(`${S}.requestEmailConfirmation`, { who: rita.token })
  await c.post('a mail too many', `${S}.requestEmailConfirmation`, undefined, rita.token)
  await c.post('a forgotten password', `${S}.requestPasswordReset`, { email: 'rita@example.com' })
  await c.post('a reset', `${S}.resetPassword`, { token: 'AAAAA-BBBBB', password: 'password' })
  await c.post('a deletion', `${S}.deleteAccount`, { did: rita.did, password: 'wrong', token: 'AAAAA-BBBBB' })
  const wrong = { input: { identifier: 'nobody.test', password: 'wrong' } }
  await Promise.all(Array.from({ length: 30 }, () => c.quietly(`${S}.createSession`, wrong)))
  await c.post('one too many', `${S}.createSession`, wrong.input)
  await c.post('one too many with the key', `${S}.createSession`, wrong.input, pass)
  await c.post('another is not hindered', `${S}.createSession`, { identifier: 'other.test', password: 'wrong' })
  // What is refused before anybody looks at it may count or not.
  await c.get('one whose parameters are wrong', 'com.atproto.repo.listRecords', { repo: 'nobody.test' })
  await c.get('one without a session', `${S}.getSession`)
}
