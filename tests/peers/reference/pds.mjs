// Starts the npm release of the reference server on loopback, and prints a line for each mail that it
// would send. It needs PDS_PORT, PDS_DATA_DIRECTORY and PDS_DID_PLC_URL; REFERENCE names the folder in
// which it is installed, if that is not this one. NAME_HERE is a name by which it finds this machine.

import { randomBytes } from 'node:crypto'
import dns from 'node:dns'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const { PDS_PORT: port, PDS_DATA_DIRECTORY: data, NAME_HERE: name } = process.env
const { lookup } = dns
dns.lookup = (host, ...rest) => lookup(host === name ? '127.0.0.1' : host, ...rest)

mkdirSync(join(data, 'blobs', 'new'), { recursive: true })

const secret = () => randomBytes(32).toString('hex')
const settings = {
  NODE_ENV: 'production',
  PDS_HOSTNAME: 'localhost',
  PDS_SERVICE_DID: `did:web:localhost%3A${port}`,
  PDS_DEV_MODE: 'true',
  PDS_BLOBSTORE_DISK_LOCATION: join(data, 'blobs'),
  PDS_BLOBSTORE_DISK_TMP_LOCATION: join(data, 'blobs', 'new'),
  PDS_ADMIN_PASSWORD: 'admin',
  PDS_JWT_SECRET: secret(),
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: secret(),
  PDS_INVITE_REQUIRED: 'false',
  PDS_RATE_LIMITS_ENABLED: 'false',
  PDS_DISABLE_SSRF_PROTECTION: 'true',
  PDS_SERVICE_HANDLE_DOMAINS: '.test',
  PDS_MAX_REPO_IMPORT_SIZE: String(2 ** 28),
  // Nobody is there, but without it the server has no preferences.
  PDS_BSKY_APP_VIEW_URL: 'http://localhost:9',
  PDS_BSKY_APP_VIEW_DID: 'did:web:localhost%3A9',
}
for (const [name, value] of Object.entries(settings)) process.env[name] ??= value

const here = process.env.REFERENCE ?? fileURLToPath(new URL('.', import.meta.url))
const require = createRequire(join(here, 'package.json'))
const { PDS, envToCfg, envToSecrets, readEnv } = await import(pathToFileURL(require.resolve('@atproto/pds')).href)
const env = readEnv()
const pds = await PDS.create(envToCfg(env), envToSecrets(env))

const { mailer } = pds.ctx
mailer.sendTemplate = async (template, { token }, { to }) => {
  console.log(JSON.stringify({ mail: template, to, token }))
}
await pds.start()

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => pds.destroy().then(() => process.exit(0)))
