// Tokens by which an account speaks to services.

import { now } from '../tokens.mjs'

const AUTH = 'com.atproto.server.getServiceAuth'

export const script = async (c) => {
  const account = await c.account('sergej')
  const ask = (label, params, who = account.token) => c.get(label, AUTH, { aud: 'did:web:example.com', ...params }, who)
  await ask('for a service', {})
  await ask('for a method', { lxm: 'com.example.method' })
  await ask('for a service of a DID', { aud: 'did:web:example.com#bsky_appview', lxm: 'com.example.method' })
  await ask('for a DID of PLC', { aud: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', lxm: 'com.example.method' })
  await ask('for a DID of a key', { aud: 'did:key:zQ3shunBKsXixLxKtC5qeSG9E4J5RkGN57im31pcTzbNQnm5w' })
  await ask('for what is no DID', { aud: 'nonsense' })
  await ask('for an empty service', { aud: 'did:web:example.com#' })
  await ask('for two services', { aud: 'did:web:example.com#a#b' })
  await ask('for nobody', { aud: undefined })
  await ask('for all methods', { lxm: '*' })
  await ask('for what is no method', { lxm: 'nonsense' })
  await ask('for now', { exp: now() + 30 })
  await ask('for five minutes', { exp: now() + 300 })
  await ask('for five minutes and a method', { exp: now() + 300, lxm: 'com.example.method' })
  await ask('for two hours and a method', { exp: now() + 7200, lxm: 'com.example.method' })
  await ask('until a minute ago', { exp: now() - 60 })
  await ask('until a word', { exp: 'tomorrow' })
  for (const lxm of [
    'com.atproto.server.getSession',
    'COM.ATPROTO.SERVER.GETSESSION',
    'com.atproto.server.createAccount',
    'com.atproto.identity.signPlcOperation',
    'com.atproto.admin.sendEmail',
    'com.atproto.server.deleteAccount',
    'com.atproto.server.resetPassword',
    'com.atproto.repo.uploadBlob',
    'chat.bsky.convo.sendMessage',
    'chat.bsky.convo.addReaction',
    'chat.bsky.group.createGroup',
  ])
    await ask(`for ${lxm}`, { lxm })
  await ask('by nobody', {}, null)
  await ask('with nonsense', {}, 'nonsense')
  await ask('with the token for refreshing', {}, account.refresh)
  const takenDown = c.forged(account.did, { scope: 'com.atproto.takendown' })
  await ask('taken down', {}, takenDown)
  await ask('taken down, to move', { lxm: 'com.atproto.server.createAccount' }, takenDown)
  await ask('taken down, for another', { lxm: 'com.example.method' }, takenDown)
}
