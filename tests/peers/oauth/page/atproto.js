// An app in a browser, by npm `@atproto/oauth-client-browser`, as whoever drives the browser wants it.

import { Agent } from '@atproto/api'
import { BrowserOAuthClient, buildAtprotoLoopbackClientMetadata } from '@atproto/oauth-client-browser'

const { host, plc, scope } = window.config
const clientMetadata = buildAtprotoLoopbackClientMetadata({ scope, redirect_uris: [location.origin + location.pathname] })
const client = new BrowserOAuthClient({ clientMetadata, handleResolver: host, plcDirectoryUrl: plc, allowHttp: true })
let session = null

const told = (error) => ({ error: error.params?.get('error') ?? error.message, name: error.constructor.name })

window.app = {
  ready: client.init(false).then((found) => {
    session = found?.session ?? null
    return { did: session?.did, state: found?.state }
  }, told),
  signIn: (input, options) => client.signIn(input, options),
  popUp: async (input) => {
    session = await client.signInPopup(input)
    return session.did
  },
  call: async () => {
    const response = await session.fetchHandler('/xrpc/com.atproto.server.getSession')
    const { did, error } = await response.json()
    return did ?? `${response.status} ${error}`
  },
  write: async () => {
    const agent = new Agent(session)
    const { uri } = await agent.post({ text: 'from a browser' })
    await agent.deletePost(uri)
    return uri
  },
  refresh: () => session.getTokenInfo(true).then((info) => info.scope, (error) => Promise.reject(new Error(error.message))),
  tokens: async () => (await session.getTokenSet(false)).access_token,
  signOut: () => session.signOut(),
}
