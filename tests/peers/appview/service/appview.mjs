// An AppView of the protocol's makers in one process, as it is run for their own tests: its interface, its
// index, what follows servers for it, and the store of what users keep private (`bsync`).
//
// It needs APPVIEW_PORT, APPVIEW_DID, PLC_URL, POSTGRES_URL, FIREHOSES (addresses), IMAGES (a folder) and NAMES
// (a JSON object: which server answers for the handles under a domain). It prints a line of JSON when it is
// there, one for each handle that it asks a server for, and one for each "settle" that it is sent, when all
// events that came are in the index.

import { get } from 'node:http'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

import {
  BskyAppView,
  BsyncSubscription,
  DataPlaneServer,
  Database,
  RepoSubscription,
  ServerConfig,
} from '@atproto/bsky'
import { BsyncService, envToCfg } from '@atproto/bsync'
import { Secp256k1Keypair } from '@atproto/crypto'

const { APPVIEW_PORT, APPVIEW_DID, PLC_URL, POSTGRES_URL, FIREHOSES, IMAGES, NAMES } = process.env
const API_KEY = 'bsync'
const domains = Object.entries(JSON.parse(NAMES))

const say = (line) => console.log(JSON.stringify(line))

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

// In the world a handle's name leads to its server by DNS, and its certificate is checked. Here it does so
// by this.
const asName = (server, { hostname, pathname }) =>
  new Promise((resolve, reject) => {
    const request = get(new URL(pathname, server), { headers: { host: hostname } }, (answer) => {
      const parts = []
      answer.on('data', (part) => parts.push(part))
      answer.on('end', () => {
        say({ name: hostname, status: answer.statusCode, answer: Buffer.concat(parts).toString().slice(0, 100) })
        resolve(new Response(Buffer.concat(parts), { status: answer.statusCode }))
      })
    })
    request.on('error', reject)
  })

const fetchOfWorld = globalThis.fetch
globalThis.fetch = (wanted, init) => {
  const url = new URL(wanted instanceof Request ? wanted.url : wanted)
  const [, server] = domains.find(([domain]) => url.protocol === 'https:' && url.hostname.endsWith(domain)) ?? []
  return server ? asName(server, url) : fetchOfWorld(wanted, init)
}

const private_ = await BsyncService.create(
  envToCfg({ port: await freePort(), dbUrl: POSTGRES_URL, dbSchema: 'bsync', dbPoolSize: 5, apiKeys: [API_KEY] }),
)
await private_.ctx.db.migrateToLatestOrThrow()
await private_.start()

const url = `http://localhost:${APPVIEW_PORT}`
const migration = new Database({ url: POSTGRES_URL, schema: 'appview' })
await migration.migrateToLatestOrThrow()
await migration.close()
const db = new Database({ url: POSTGRES_URL, schema: 'appview', poolSize: 20 })
const indexPort = await freePort()
const index = await DataPlaneServer.create(db, indexPort, PLC_URL, globalThis.fetch)
const config = new ServerConfig({
  version: 'unknown',
  port: Number(APPVIEW_PORT),
  publicUrl: url,
  serverDid: APPVIEW_DID,
  alternateAudienceDids: [],
  didPlcUrl: PLC_URL,
  dataplaneUrls: [`http://localhost:${indexPort}`],
  dataplaneHttpVersion: '1.1',
  bsyncUrl: `http://localhost:${private_.ctx.cfg.service.port}`,
  bsyncHttpVersion: '1.1',
  bsyncApiKey: API_KEY,
  modServiceDid: 'did:example:nobody',
  labelsFromIssuerDids: [],
  adminPasswords: ['admin'],
  bigThreadUris: new Set(),
  maxThreadParents: 50,
  disableSsrfProtection: true,
  blobCacheLocation: IMAGES,
  searchTagsHide: new Set(),
  searchTagsHideAll: new Set(),
  threadTagsBumpDown: new Set(),
  threadTagsHide: new Set(),
  visibilityTagHide: '',
  visibilityTagRankPrefix: '',
  debugFieldAllowedDids: new Set(),
  draftsLimit: 500,
  feedGenSkeletonTimeout: 5000,
  etcdHosts: [],
})
const view = BskyAppView.create({ config, signingKey: await Secp256k1Keypair.create() })
private_.ctx.dataplaneClients = [view.ctx.dataplane]
const privateSubscription = new BsyncSubscription({ config, db })
const subscriptions = FIREHOSES.split(' ').map(
  (service) => new RepoSubscription({ service, db, idResolver: index.idResolver }),
)
await view.start()
privateSubscription.start()
for (const subscription of subscriptions) void subscription.start()
say({ ready: url })

createInterface({ input: process.stdin }).on('line', async (line) => {
  if (line !== 'settle') return
  await Promise.all(subscriptions.map((subscription) => subscription.processAll()))
  say({ settled: true })
})

const end = async () => {
  await Promise.all(subscriptions.map((subscription) => subscription.destroy()))
  await view.destroy()
  await privateSubscription.destroy()
  await index.destroy()
  await db.close()
  await private_.destroy()
  process.exit(0)
}
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => end().catch(() => process.exit(1)))
