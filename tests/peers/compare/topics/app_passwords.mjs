// App passwords: made, listed, revoked, and what may be done with them.

import { admin } from '../side.mjs'

const S = 'com.atproto.server'

export const script = async (c) => {
  const account = await c.account('amelie')
  const { handle, did, token } = account
  const make = (label, input, who = token) => c.post(label, `${S}.createAppPassword`, input, who)
  const { body: plain } = await make('one', { name: 'plain' })
  const { body: privileged } = await make('a privileged one', { name: 'privileged', privileged: true })
  await make('the same name again', { name: 'plain' })
  await make('an empty name', { name: '' })
  await make('no name', {})
  await make('a long name', { name: 'n'.repeat(300) })
  await make('a name that is a number', { name: 7 })
  await make('for nobody', { name: 'nobody' }, null)
  await make('for the operator', { name: 'operator' }, admin)
  await c.get('the list', `${S}.listAppPasswords`, {}, token)
  await c.get('the list for nobody', `${S}.listAppPasswords`)
  const signIn = (label, password) => c.post(label, `${S}.createSession`, { identifier: handle, password })
  const { body: one } = await signIn('signing in', plain.password)
  const { body: two } = await signIn('signing in with privileges', privileged.password)
  await signIn('signing in without the dashes', plain.password?.replaceAll('-', ''))
  await signIn('signing in with capitals', plain.password?.toUpperCase())
  await c.post('signing in as taken down', `${S}.createSession`, {
    identifier: handle,
    password: plain.password,
    allowTakendown: true,
  })
  for (const [name, session] of [
    ['plain', one],
    ['privileged', two],
  ]) {
    const who = session.accessJwt
    await c.get(`${name}: session`, `${S}.getSession`, {}, who)
    await c.get(`${name}: list`, `${S}.listAppPasswords`, {}, who)
    await make(`${name}: another`, { name: 'further' }, who)
    await c.post(`${name}: refreshing`, `${S}.refreshSession`, undefined, session.refreshJwt)
    await c.post(
      `${name}: writing`,
      'com.atproto.repo.createRecord',
      {
        repo: did,
        collection: 'app.bsky.feed.post',
        rkey: name,
        record: { $type: 'app.bsky.feed.post', text: name, createdAt: '2026-01-01T00:00:00.000Z' },
      },
      who,
    )
    await c.get(`${name}: status`, `${S}.checkAccountStatus`, {}, who)
    await c.get(`${name}: invite codes`, `${S}.getAccountInviteCodes`, {}, who)
    await c.post(`${name}: sleeping`, `${S}.deactivateAccount`, {}, who)
    await c.post(`${name}: waking`, `${S}.activateAccount`, undefined, who)
    await c.post(`${name}: deletion`, `${S}.requestAccountDelete`, undefined, who)
    await c.post(`${name}: a new address`, `${S}.requestEmailUpdate`, undefined, who)
    await c.post(`${name}: changing the address`, `${S}.updateEmail`, { email: 'new@example.com' }, who)
    await c.post(`${name}: confirming`, `${S}.requestEmailConfirmation`, undefined, who)
    await c.post(`${name}: an operation of PLC`, 'com.atproto.identity.requestPlcOperationSignature', undefined, who)
    await c.post(`${name}: signing one`, 'com.atproto.identity.signPlcOperation', { token: 'AAAAA-BBBBB' }, who)
    await c.post(`${name}: its handle`, 'com.atproto.identity.updateHandle', { handle }, who)
    await c.get(`${name}: recommended credentials`, 'com.atproto.identity.getRecommendedDidCredentials', {}, who)
    await c.upload(
      `${name}: importing`,
      'com.atproto.repo.importRepo',
      Buffer.from('no archive'),
      'application/vnd.ipld.car',
      who,
    )
    await c.upload(`${name}: uploading`, 'com.atproto.repo.uploadBlob', 'some text', 'text/plain', who)
    await c.get(`${name}: missing blobs`, 'com.atproto.repo.listMissingBlobs', {}, who)
    await c.get(`${name}: preferences`, 'app.bsky.actor.getPreferences', {}, who)
    const auth = (label, params) =>
      c.get(`${name}: a service token ${label}`, `${S}.getServiceAuth`, { aud: 'did:web:example.com', ...params }, who)
    await auth('for anything', {})
    await auth('for a method', { lxm: 'app.bsky.feed.getTimeline' })
    await auth('for chat', { lxm: 'chat.bsky.convo.getLog' })
    await auth('for newer chat', { lxm: 'chat.bsky.convo.addReaction' })
    await auth('for moving', { lxm: 'com.atproto.server.createAccount' })
    await c.get(`${name}: chat`, 'chat.bsky.convo.listConvos', {}, who, {
      headers: { 'atproto-proxy': `${c.moderation.did}#stub` },
    })
    await c.get(`${name}: newer chat`, 'chat.bsky.convo.getConvoAvailability', {}, who, {
      headers: { 'atproto-proxy': `${c.moderation.did}#stub` },
    })
    await c.get(`${name}: its repository`, 'com.atproto.sync.getLatestCommit', { did }, who)
  }
  const revoke = (label, input, who = token) => c.post(label, `${S}.revokeAppPassword`, input, who)
  await revoke('one that is not there is revoked', { name: 'unheard of' })
  await revoke('no name is revoked', {})
  await revoke('nobody revokes', { name: 'plain' }, null)
  await revoke('an app password revokes', { name: 'privileged' }, one.accessJwt)
  await revoke('the first is revoked', { name: 'plain' })
  await c.get('what is left', `${S}.listAppPasswords`, {}, token)
  await signIn('signing in with a revoked one', plain.password)
  await c.post('refreshing with a revoked one', `${S}.refreshSession`, undefined, one.refreshJwt)
  await c.get('the access token of a revoked one', `${S}.getSession`, {}, one.accessJwt)
  await c.post('deletion with an app password', `${S}.deleteAccount`, {
    did,
    password: privileged.password ?? '',
    token: 'AAAAA-BBBBB',
  })
}
