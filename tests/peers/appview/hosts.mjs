// The servers whose users an AppView shows: ours and the reference server, which asks the same AppView.

import { writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { adminPassword, call, check, folder, freePort, installed, plc, start, until } from '../ground.mjs'

const program = fileURLToPath(new URL('../reference/pds.mjs', import.meta.url))
const spoil = fileURLToPath(new URL('../spoil.mjs', import.meta.url))

const CODE = /\b[A-Z2-7]{5}-[A-Z2-7]{5}\b/i

const begin = async (host, command, args, env) => {
  host.url = `http://localhost:${host.port}`
  host.process = start(command, args, { env, log: join(installed, 'logs', `appview.${host.name}.log`) })
  const answers = async () => (await call('_health', { url: host.url })).status === 200
  await until(`${host.name} answers`, async () => host.process.ended || answers(), 60)
  check(!host.process.ended, `${host.name} goes on`, host.process.errors.slice(-1000))
  return host
}

/** Our server, whose AppView is at `view`. SPOIL puts a proxy with a fault before it, as `run` does. */
export const openOurs = async (port, view) => {
  const data = await folder()
  const file = join(data, 'settings.toml')
  const text = (value) => JSON.stringify(value)
  await mkdir(join(data, 'server'))
  await writeFile(
    file,
    `service_did = "did:web:ours.test"
handle_domains = [".ours.test"]
invite_required = false
private_origins = [${text(view.url)}]

[appview]
url = ${text(view.url)}
did = ${text(view.did)}
cdn_url_pattern = ${text(view.images)}
`,
  )
  const args = ['serve', '--dev', '--no-rate-limits', '--config', file, '--data', join(data, 'server')]
  args.push('--plc-url', plc, '--admin-password', adminPassword, '--public-url', `http://localhost:${port}`)
  const inner = process.env.SPOIL ? await freePort() : port
  args.push('--listen', `127.0.0.1:${inner}`)
  if (process.env.SPOIL) start(process.execPath, [spoil, process.env.SPOIL, `${port}`, `${inner}`])
  const env = { PAGURUS_PRIVATE_ORIGINS: undefined }
  const host = { name: 'ours', domain: '.ours.test', port }
  host.code = async (email) => {
    const mails = await (await fetch(`${host.url}/dev/mail`)).json()
    return mails.findLast(({ to }) => to === email)?.text.match(CODE)?.[0]
  }
  return begin(host, process.env.PAGURUS_BIN, args, env)
}

/** The reference server with the same AppView. */
export const openReference = async (port, view) => {
  const env = {
    PDS_PORT: `${port}`,
    PDS_SERVICE_DID: 'did:web:reference.test',
    PDS_SERVICE_HANDLE_DOMAINS: '.reference.test',
    PDS_DATA_DIRECTORY: await folder(),
    PDS_DID_PLC_URL: plc,
    PDS_ADMIN_PASSWORD: adminPassword,
    PDS_BSKY_APP_VIEW_URL: view.url,
    PDS_BSKY_APP_VIEW_DID: view.did,
    PDS_BSKY_APP_VIEW_CDN_URL_PATTERN: view.images,
  }
  const args = ['--disable-warning=ExperimentalWarning', program]
  const host = { name: 'reference', domain: '.reference.test', port }
  host.code = async (email) => {
    const lines = host.process.output.split('\n').filter((line) => line.startsWith('{"mail"'))
    return lines.map((line) => JSON.parse(line)).findLast(({ to }) => to === email)?.token
  }
  return begin(host, process.execPath, args, env)
}
