// The servers that are compared: the npm release of the reference, and ours with the same settings. Each has
// a service of its own to ask, and all use one directory.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { adminPassword, call, check, folder, freePort, installed, plc, start, until } from '../ground.mjs'
import { Side } from './side.mjs'
import { openStub } from './stub.mjs'
import { createIdentity, Key } from './tokens.mjs'

const program = fileURLToPath(new URL('../reference/pds.mjs', import.meta.url))
const BLOB_BYTES = 300_000
const IMPORT_BYTES = 2 ** 19
const CONTACT = 'host@example.com'
const PRIVACY = 'https://example.com/privacy'
const TERMS = 'https://example.com/terms'
export const BYPASS_KEY = 'let me through'

const CODE = /\b[A-Z2-7]{5}-[A-Z2-7]{5}\b/i

/** Starts a server, and waits until it answers. */
const started = async (name, url, command, args, env) => {
  const child = start(command, args, { env, log: join(installed, 'logs', `compare.${name}.log`) })
  const answers = async () => (await call('_health', { url })).status === 200
  await until(`${name} answers`, async () => child.ended || answers(), 60)
  check(!child.ended, `${name} goes on`, child.errors.slice(-1000))
  return child
}

/** What a server needs around it: its address, secrets, services. */
const surroundings = async (name, isStrict) => {
  const port = await freePort()
  const stub = await openStub(await freePort())
  const key = new Key()
  const labelKey = new Key()
  const endpoint = stub.url
  const moderation = {
    key,
    labelKey,
    did: await createIdentity(key, {
      keys: { atproto: key.did, atproto_label: labelKey.did },
      services: {
        atproto_labeler: { type: 'AtprotoLabeler', endpoint },
        stub: { type: 'Stub', endpoint },
        other: { type: 'Stub', endpoint: 'http://localhost:9' },
      },
    }),
  }
  return {
    name,
    isStrict,
    port,
    url: `http://localhost:${port}`,
    stub,
    moderation,
    secret: `the secret of ${name}, long enough`,
  }
}

const dress = (around, process, newMail) => {
  const side = new Side({ ...around, newMail })
  side.moderation = around.moderation
  side.process = process
  side.appview = `did:web:${around.stub.url.slice(7).replace(':', '%3A')}`
  side.did = `did:web:localhost%3A${around.port}`
  side.names.set(around.moderation.did, 'moderation')
  side.names.set(around.moderation.key.did, 'key of moderation')
  return side
}

/** Gives the code of the mail that an action leads to. */
const mailAfter = (tokens) => async (email, action) => {
  const before = (await tokens(email)).length
  await action()
  return until(`${email} gets a mail`, async () => (await tokens(email)).slice(before).at(-1), 5).catch(() => undefined)
}

const reference = async (around) => {
  const { name, port, url, stub, moderation, secret, isStrict } = around
  const env = {
    PDS_PORT: `${port}`,
    PDS_DATA_DIRECTORY: await folder(),
    PDS_DID_PLC_URL: plc,
    PDS_JWT_SECRET: secret,
    PDS_ADMIN_PASSWORD: adminPassword,
    PDS_BLOB_UPLOAD_LIMIT: `${BLOB_BYTES}`,
    PDS_MAX_REPO_IMPORT_SIZE: `${IMPORT_BYTES}`,
    PDS_CONTACT_EMAIL_ADDRESS: CONTACT,
    PDS_PRIVACY_POLICY_URL: PRIVACY,
    PDS_TERMS_OF_SERVICE_URL: TERMS,
    PDS_BSKY_APP_VIEW_URL: stub.url,
    PDS_BSKY_APP_VIEW_DID: `did:web:${stub.url.slice(7).replace(':', '%3A')}`,
    PDS_MOD_SERVICE_URL: stub.url,
    PDS_MOD_SERVICE_DID: moderation.did,
    PDS_INVITE_REQUIRED: `${isStrict}`,
    PDS_INVITE_INTERVAL: isStrict ? `${3_600_000}` : '',
    PDS_RATE_LIMITS_ENABLED: `${isStrict}`,
    PDS_RATE_LIMIT_BYPASS_KEY: BYPASS_KEY,
  }
  const child = await started(name, url, process.execPath, ['--disable-warning=ExperimentalWarning', program], env)
  return dress(
    around,
    child,
    mailAfter((email) => {
      const lines = child.output.split('\n').filter((line) => line.startsWith('{"mail"'))
      return lines
        .map((line) => JSON.parse(line))
        .filter(({ to }) => to === email)
        .map(({ token }) => token)
    }),
  )
}

const text = (value) => JSON.stringify(value)

const ours = async (around) => {
  const { name, port, url, stub, moderation, secret, isStrict } = around
  const data = await folder()
  const file = join(data, 'settings.toml')
  await mkdir(join(data, 'server'))
  await writeFile(
    file,
    `service_did = "did:web:localhost%3A${port}"
invite_required = ${isStrict}
contact_email = ${text(CONTACT)}
privacy_policy_url = ${text(PRIVACY)}
terms_of_service_url = ${text(TERMS)}
private_origins = [${text(stub.url)}, "http://localhost:9"]
appview = { url = ${text(stub.url)}, did = ${text(`did:web:${stub.url.slice(7).replace(':', '%3A')}`)} }
moderation = { url = ${text(stub.url)}, did = ${text(moderation.did)} }
${isStrict ? 'invite_interval_hours = 1' : ''}

[limits]
rates = ${isStrict}
rate_bypass_key = ${text(BYPASS_KEY)}
blob_bytes = ${BLOB_BYTES}
moved_blob_bytes = ${BLOB_BYTES}
import_bytes = ${IMPORT_BYTES}

[secrets]
jwt = ${text(secret)}
`,
  )
  const args = ['serve', '--dev', '--config', file, '--data', join(data, 'server'), '--listen', `127.0.0.1:${port}`]
  args.push('--plc-url', plc, '--admin-password', adminPassword)
  // Variables of whoever starts the drivers are not for this server.
  const env = { PAGURUS_PRIVATE_ORIGINS: undefined }
  const child = await started(name, url, process.env.PAGURUS_BIN, args, env)
  return dress(
    around,
    child,
    mailAfter(async (email) => {
      const mails = await (await fetch(`${url}/dev/mail`)).json()
      const texts = mails.filter(({ to }) => to === email).map(({ text }) => text)
      return texts.reverse().flatMap((text) => text.match(CODE)?.[0] ?? [])
    }),
  )
}

/** A pair: the reference and ours. The strict ones want invite codes and limit rates. */
export const openPair = async ({ isStrict = false } = {}) => {
  const suffix = isStrict ? '.strict' : ''
  return Promise.all([
    surroundings(`reference${suffix}`, isStrict).then(reference),
    surroundings(`pagurus${suffix}`, isStrict).then(ours),
  ])
}
