// Apps on a server or a desktop, by npm `@atproto/oauth-client-node`: without keys of their own, as they
// are developed on this machine, and with keys that they prove themselves with.

import { Agent } from '@atproto/api'
import { buildAtprotoLoopbackClientMetadata, JoseKey, Keyset, NodeOAuthClient } from '@atproto/oauth-client-node'

import { check, equal, plc } from '../ground.mjs'
import { openWire } from './wire.mjs'

export const CALLBACK = 'http://127.0.0.1/callback'
/** Where a confidential app is answered. Nobody goes there: the visitor stops at the border. */
export const WEB_CALLBACK = 'https://app.shells.social/callback'

/** A store that can be copied, as an app's sessions are by whoever runs it twice. */
export const openStore = (map = new Map()) => ({
  map,
  get: async (key) => structuredClone(map.get(key)),
  set: async (key, value) => void map.set(key, structuredClone(value)),
  del: async (key) => void map.delete(key),
  copy: () => openStore(new Map(structuredClone([...map]))),
})

// Within one client only: two of them know nothing of each other, as two processes.
const lockOf = () => {
  const held = new Map()
  return (name, action) => {
    const last = (held.get(name) ?? Promise.resolve()).then(action, action)
    held.set(name, last)
    return last
  }
}

const openClient = (host, clientMetadata, { sessions = openStore(), wire = openWire(host), ...more } = {}) => {
  const nonces = openStore()
  const client = new NodeOAuthClient({
    clientMetadata,
    stateStore: openStore(),
    sessionStore: sessions,
    dpopNonceCache: nonces,
    requestLock: lockOf(),
    fetch: wire.fetch,
    handleResolver: host.url,
    plcDirectoryUrl: plc,
    allowHttp: true,
    ...more,
  })
  const again = (options = {}) => openClient(host, clientMetadata, { sessions: sessions.copy(), ...more, ...options })
  const app = { host, client, sessions, nonces, wire, again }

  /** Asks for access, lets somebody decide, and takes what comes of it. */
  app.signIn = async (visitor, person, options) => {
    const { away, posted } = await visitor.decide(await client.authorize(person.handle, options), person)
    return client.callback(posted ?? new URLSearchParams(away.hash ? away.hash.slice(1) : away.search))
  }
  /** Makes the client believe that its token is about to end. */
  app.expire = async (did) => {
    const { tokenSet, ...session } = await sessions.get(did)
    await sessions.set(did, { ...session, tokenSet: { ...tokenSet, expires_at: new Date(0).toISOString() } })
  }
  app.tokens = (did) => sessions.map.get(did)?.tokenSet
  return app
}

/** An app that is being developed on this machine. */
export const localApp = (host, scope, { redirect = CALLBACK, ...options } = {}) =>
  openClient(host, buildAtprotoLoopbackClientMetadata({ scope, redirect_uris: [redirect] }), options)

/**
 * An app with keys. Its maker lets no id be on loopback, so that the id is put in place afterwards.
 * `publish` serves its metadata, and its keys where `isBehind` says that they are behind an address.
 */
export const keyedApp = async (host, apps, name, scope, { isBehind = false, ...options } = {}) => {
  const key = await JoseKey.generate(['ES256'], `${name}-1`)
  const keyset = new Keyset([key])
  const [id, jwks] = [`${apps.origin}/${name}.json`, `${apps.origin}/${name}.keys.json`]
  const document = {
    client_name: `App ${name}`,
    redirect_uris: [WEB_CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: 'web',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    dpop_bound_access_tokens: true,
    scope,
    ...(isBehind ? { jwks_uri: 'https://app.shells.social/keys.json' } : { jwks: keyset.publicJwks }),
  }
  const metadata = { ...document, client_id: 'https://app.shells.social/client.json' }
  apps.publish(`/${name}.json`, { ...document, client_id: id, ...(isBehind && { jwks_uri: jwks }) })
  if (isBehind) apps.publish(`/${name}.keys.json`, keyset.publicJwks)
  const open = (more) => {
    const app = openClient(host, metadata, { keyset, ...options, ...more })
    app.client.clientMetadata.client_id = id
    app.again = (again = {}) => open({ sessions: app.sessions.copy(), ...again })
    return app
  }
  return open()
}

/** What an app that may write does: a post, a picture, reading it again, taking it back. */
export const useAsAgent = async (session, { did, handle, email }) => {
  const agent = new Agent(session)
  equal(agent.assertDid, did, 'the agent knows whose it is')
  const { data } = await agent.com.atproto.server.getSession()
  equal([data.did, data.handle, data.email], [did, handle, email], 'the server knows whose it is')
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')
  const { data: uploaded } = await agent.uploadBlob(png, { encoding: 'image/png' })
  const images = [{ image: uploaded.blob, alt: 'a dot' }]
  const { uri } = await agent.post({ text: 'by an app', embed: { $type: 'app.bsky.embed.images', images } })
  const { data: found } = await agent.com.atproto.repo.listRecords({ repo: did, collection: 'app.bsky.feed.post' })
  equal(found.records.map((record) => record.uri), [uri], 'what the app has posted is there')
  await agent.deletePost(uri)
  const { data: left } = await agent.com.atproto.repo.listRecords({ repo: did, collection: 'app.bsky.feed.post' })
  equal(left.records, [], 'and is gone again')
}

/** Whether a session can be called with: what `getSession` answers, as status and error. */
export const answerTo = async (session, path = '/xrpc/com.atproto.server.getSession', init) => {
  const response = await session.fetchHandler(path, init)
  const body = await response.json().catch(() => ({}))
  return response.ok ? `${response.status}` : `${response.status} ${body.error}`
}

/** Waits for a refusal, and gives it. */
export const refused = async (claim, action) => {
  const outcome = await action().then(
    (value) => ({ value }),
    (error) => ({ error }),
  )
  check(outcome.error, claim, outcome.value)
  return outcome.error
}
