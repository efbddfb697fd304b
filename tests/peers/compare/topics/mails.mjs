// What goes by mail: confirming and changing an address, a forgotten password.

import { admin } from '../side.mjs'

const S = 'com.atproto.server'

export const script = async (c) => {
  const account = await c.account('emma')
  const other = await c.account('emil')
  const { email, token, did, refresh } = account
  const signIn = (label, password, identifier = account.handle) =>
    c.post(label, `${S}.createSession`, { identifier, password })

  await c.post('confirmation for nobody', `${S}.requestEmailConfirmation`)
  await c.post('confirmation for the operator', `${S}.requestEmailConfirmation`, undefined, admin)
  const first = await c.newMail(email, () =>
    c.post('asking for confirmation', `${S}.requestEmailConfirmation`, undefined, token),
  )
  const second = await c.newMail(email, () => c.post('asking again', `${S}.requestEmailConfirmation`, undefined, token))
  const confirm = (label, input, who = token) =>
    c.post(label, `${S}.confirmEmail`, { email, token: second, ...input }, who)
  await confirm('confirming with the first code', { token: first })
  await confirm('confirming with a wrong code', { token: 'AAAAA-BBBBB' })
  await confirm('confirming another address', { email: other.email })
  await confirm('confirming what is no address', { email: 'nonsense' })
  await confirm('confirming by nobody', {}, null)
  await confirm('confirming by another', {}, other.token)
  await confirm('confirming without a code', { token: undefined })
  await confirm('confirming', { email: email.toUpperCase(), token: second?.toLowerCase() })
  await confirm('confirming again', {})
  await c.get('the address is confirmed', `${S}.getSession`, {}, token)
  await signIn('signing in with a confirmed address', account.password)

  await c.post('a change for nobody', `${S}.requestEmailUpdate`)
  await c.post('a change of an address that is not confirmed', `${S}.requestEmailUpdate`, undefined, other.token)
  const update = (label, input, who = token) =>
    c.post(label, `${S}.updateEmail`, { email: 'emma2@example.com', ...input }, who)
  await update('changing an address that is not confirmed', { email: 'emil2@example.com' }, other.token)
  const code = await c.newMail(email, () =>
    c.post('a change of a confirmed address', `${S}.requestEmailUpdate`, undefined, token),
  )
  await update('changing without a code', {})
  await update('changing with a wrong code', { token: 'AAAAA-BBBBB' })
  await update('changing to what is no address', { email: 'nonsense', token: code })
  await update('changing to a disposable address', { email: 'someone@mailinator.com', token: code })
  await update('changing to one that is taken', { email: 'emil2@example.com', token: code })
  await update('changing by nobody', { token: code }, null)
  await update('changing', { token: code, emailAuthFactor: false })
  await c.get('the address is changed and not confirmed', `${S}.getSession`, {}, token)
  await c.post('refreshing after a change', `${S}.refreshSession`, undefined, refresh)
  await update('changing it to the same', {})

  const reset = (label, address) => c.post(label, `${S}.requestPasswordReset`, { email: address })
  await reset('a reset for an unknown address', 'nobody@example.com')
  await reset('a reset for what is no address', 'nonsense')
  await reset('a reset for nothing', undefined)
  const address = 'emma2@example.com'
  const forgotten = await c.newMail(address, () => reset('a reset', address.toUpperCase()))
  const set = (label, input) =>
    c.post(label, `${S}.resetPassword`, { token: forgotten, password: 'another password', ...input })
  await set('resetting with a wrong code', { token: 'AAAAA-BBBBB' })
  await set('resetting to a long password', { password: 'p'.repeat(257) })
  await set('resetting without a code', { token: undefined })
  await set('resetting without a password', { password: undefined })
  await set('resetting', { token: forgotten?.toLowerCase() })
  await set('resetting again', {})
  await signIn('the old password', account.password)
  await signIn('the new password', 'another password')
  await c.post('refreshing after a reset', `${S}.refreshSession`, undefined, refresh)
  await c.get('the access token after a reset', `${S}.getSession`, {}, token)
  await c.get('the DID is the same', 'com.atproto.identity.resolveHandle', { handle: account.handle })
  c.names.set(did, 'emma')
}
