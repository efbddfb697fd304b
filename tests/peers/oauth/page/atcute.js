// An app in a browser, by npm `@atcute/oauth-browser-client`, as whoever drives the browser wants it.

import { Client, ok } from '@atcute/client'
import { LocalActorResolver, PlcDidDocumentResolver, XrpcHandleResolver } from '@atcute/identity-resolver'
import {
  configureOAuth,
  createAuthorizationUrl,
  finalizeAuthorization,
  getSession,
  listStoredSessions,
  OAuthUserAgent,
} from '@atcute/oauth-browser-client'

const { host, plc, scope } = window.config
const redirect_uri = location.origin + location.pathname
configureOAuth({
  metadata: { client_id: `http://localhost?${new URLSearchParams({ redirect_uri, scope })}`, redirect_uri },
  identityResolver: new LocalActorResolver({
    handleResolver: new XrpcHandleResolver({ serviceUrl: host }),
    didDocumentResolver: new PlcDidDocumentResolver({ apiUrl: plc }),
  }),
})
let agent = null

const begin = async () => {
  const params = new URLSearchParams(location.hash.slice(1))
  let state
  if (params.has('state')) {
    history.replaceState(null, '', location.pathname)
    const found = await finalizeAuthorization(params)
    agent = new OAuthUserAgent(found.session)
    state = found.state
  } else {
    const [did] = listStoredSessions()
    if (did) agent = new OAuthUserAgent(await getSession(did, { allowStale: true }))
  }
  return { did: agent?.sub, state }
}

window.app = {
  ready: begin().catch((error) => ({ error: error.message, name: error.constructor.name })),
  signIn: async (identifier, { state, ...options } = {}) => {
    location.assign(await createAuthorizationUrl({ target: { type: 'account', identifier }, scope, state, ...options }))
  },
  call: async () => {
    const response = await agent.handle('/xrpc/com.atproto.server.getSession')
    const { did, error } = await response.json()
    return did ?? `${response.status} ${error}`
  },
  write: async () => {
    const rpc = new Client({ handler: agent })
    const [repo, collection] = [agent.sub, 'app.bsky.feed.post']
    const record = { $type: collection, text: 'from a browser', createdAt: new Date().toISOString() }
    const { uri } = await ok(rpc.post('com.atproto.repo.createRecord', { input: { repo, collection, record } }))
    const rkey = uri.split('/').pop()
    await ok(rpc.post('com.atproto.repo.deleteRecord', { input: { repo, collection, rkey } }))
    return uri
  },
  refresh: async () => (await agent.getSession({ noCache: true })).token.scope,
  tokens: async () => (await getSession(agent.sub, { allowStale: true })).token.access,
  signOut: () => agent.signOut(),
}
