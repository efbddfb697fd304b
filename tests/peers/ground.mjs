// What the drivers stand on: where the server is, chance that can be repeated, checks that say what
// they checked, processes that are stopped again, and the plainest of XRPC clients.

import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const needed = (name) => {
  const value = process.env[name]
  if (!value) fail(`the environment has no ${name}`)
  return value.replace(/\/$/, '')
}

const fail = (sentence) => {
  console.error(`FAILED: ${sentence}`)
  process.exit(1)
}

export const pds = needed('PDS_URL')
export const plc = needed('PLC_URL')
export const adminPassword = process.env.ADMIN_PASSWORD ?? 'admin'
export const installed = fileURLToPath(new URL('./.installed', import.meta.url))
const seed = Number(process.env.PEERS_SEED ?? Math.floor(Math.random() * 2 ** 32))

export const say = (line) => console.log(`   ${line}`)

let checks = 0

/** Fails the driver with `claim` and what was found instead, unless `holds`. */
export const check = (holds, claim, found) => {
  if (!holds) {
    const shown = found === undefined ? '' : `; found ${JSON.stringify(found)?.slice(0, 2000)}`
    throw new Error(`it does not hold that ${claim}${shown}`)
  }
  checks += 1
}

export const equal = (found, expected, claim) => {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)]
  check(left === right, `${claim}: ${right?.slice(0, 500)}`, found)
}

/** Says which check a failure belongs to. */
export const topic = async (claim, body) => {
  const before = checks
  try {
    const result = await body()
    check(checks > before, `"${claim}" checks anything`)
    say(`${claim} (${checks - before})`)
    return result
  } catch (error) {
    error.topic ??= claim
    throw error
  }
}

const failures = []

/** A topic that others do not stand on: when it fails the driver fails, but goes on first. */
export const attempt = async (claim, body) => {
  try {
    await topic(claim, body)
  } catch (error) {
    failures.push(error)
  }
}

// Things to undo before the driver ends, newest first.
const undo = []
export const atEnd = (action) => undo.push(action)

const cleanUp = async () => {
  for (const action of undo.splice(0).reverse()) await action().catch((error) => say(`${error}`))
}

/** Runs a driver: exit status 0 if all its checks held and it had some. */
export const drive = async (name, body) => {
  console.log(`${name}: server ${pds}, directory ${plc}, seed ${seed}`)
  const seconds = Number(process.env.PEERS_TIMEOUT ?? 300)
  const late = setTimeout(() => {
    console.error(`FAILED: ${name} did not end within ${seconds} s (seed ${seed})`)
    cleanUp().finally(() => process.exit(1))
  }, seconds * 1000)
  try {
    await body()
    check(checks > 0, 'the driver checked something')
  } catch (error) {
    failures.push(error)
  }
  for (const error of failures) {
    const where = error.topic ? `${error.topic}: ` : ''
    console.error(`FAILED: ${where}${error.message} (seed ${seed})`)
    const reason = error.cause ?? (error.message.startsWith('it does not hold') ? null : error)
    if (reason) console.error(reason)
  }
  if (failures.length === 0) console.log(`${name}: ${checks} checks`)
  clearTimeout(late)
  await cleanUp()
  process.exit(failures.length === 0 ? 0 : 1)
}

/** Numbers by chance, the same for the same seed and salt. */
export const chance = (salt = 0) => {
  let state = (seed ^ Math.imul(salt + 1, 0x9e3779b9)) >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (bound) => Math.floor(next() * bound)
  return {
    below,
    of: (list) => list[below(list.length)],
    word: (length) =>
      Array.from({ length }, () => 'abcdefghijklmnopqrstuvwxyz'[below(26)]).join(''),
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits until `probe` gives something, and fails with `claim` when it does not come. */
export const until = async (claim, probe, seconds = 30) => {
  const end = Date.now() + seconds * 1000
  for (let reason = 'nothing'; ; await sleep(50)) {
    try {
      const found = await probe()
      if (found) return found
    } catch (error) {
      reason = error.message
    }
    check(Date.now() < end, `within ${seconds} s ${claim}`, reason)
  }
}

/** Calls a method, and gives status, headers and body (JSON if it is, unless it is wanted raw). */
export const call = async (nsid, { params, input, bytes, type, token, admin, url, headers: more, raw } = {}) => {
  const address = new URL(`/xrpc/${nsid}`, url ?? pds)
  for (const [key, value] of Object.entries(params ?? {}))
    for (const each of [value].flat()) if (each !== undefined) address.searchParams.append(key, each)
  const headers = { ...more }
  if (token) headers.authorization = `Bearer ${token}`
  if (admin)
    headers.authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
  if (input !== undefined) headers['content-type'] = 'application/json'
  if (type) headers['content-type'] = type
  const method = input !== undefined || bytes !== undefined || type ? 'POST' : 'GET'
  const body = input !== undefined ? JSON.stringify(input) : bytes
  const duplex = body instanceof ReadableStream ? 'half' : undefined
  const response = await fetch(address, { method, headers, body, duplex })
  const content = new Uint8Array(await response.arrayBuffer())
  const json = !raw && response.headers.get('content-type')?.startsWith('application/json')
  return {
    status: response.status,
    headers: response.headers,
    body: json ? JSON.parse(Buffer.from(content)) : content,
  }
}

/** Calls a method that must succeed, and gives its body. */
export const ask = async (nsid, options) => {
  const { status, body } = await call(nsid, options)
  const text = body instanceof Uint8Array ? Buffer.from(body.slice(0, 300)).toString() : body
  check(status === 200, `${nsid} answers 200`, { status, body: status === 200 ? '' : text })
  return body
}

// Names differ between drivers and runs against one server, whatever the seed is.
const run = Date.now().toString(36).slice(-6)
let accounts = 0

/** Makes an account by plain HTTP. */
export const signUp = async (prefix = 'p') => {
  const name = `${prefix}${run}${(accounts++).toString(36)}`
  const password = `password of ${name}`
  const handle = `${name}.test`
  const input = { handle, password, email: `${name}@example.com` }
  const { did, accessJwt, refreshJwt } = await ask('com.atproto.server.createAccount', { input })
  return { did, handle, password, email: input.email, token: accessJwt, refreshJwt }
}

/** The signing key of an account as the directory has it. */
export const signingKey = async (did) => {
  const response = await fetch(`${plc}/${did}/data`)
  check(response.status === 200, `the directory knows ${did}`, response.status)
  return (await response.json()).verificationMethods.atproto
}

export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

/** A folder that is removed when the driver ends. */
export const folder = async () => {
  const path = await mkdtemp(join(tmpdir(), 'pagurus-peers-'))
  atEnd(() => rm(path, { recursive: true, force: true }))
  return path
}

/** Starts a program, keeps its output, and stops it when the driver ends. */
export const start = (program, args, { env = {}, cwd, log } = {}) => {
  const child = spawn(program, args, { env: { ...process.env, ...env }, cwd })
  const started = { child, output: '', errors: '', ended: null }
  const file = log && createWriteStream(log)
  for (const [stream, kept] of [
    [child.stdout, 'output'],
    [child.stderr, 'errors'],
  ])
    stream.on('data', (data) => {
      started[kept] += data
      file?.write(data)
    })
  started.end = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      started.ended = { code, signal }
      resolve(started)
    })
  })
  started.end.catch(() => {})
  started.stop = async (signal = 'SIGTERM') => {
    if (started.ended) return started
    child.kill(signal)
    const hard = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await started.end.finally(() => clearTimeout(hard))
    return started
  }
  atEnd(() => started.stop())
  return started
}

/** Runs a program to its end, and gives what it printed. It must succeed unless told otherwise. */
export const runToEnd = async (program, args, { fails = false, ...options } = {}) => {
  const { ended, output, errors } = await start(program, args, options).end
  const said = `${errors}${output}`.slice(-2000)
  const line = `${program.split('/').pop()} ${args.join(' ')}`
  check((ended.code !== 0) === fails, `"${line}" ${fails ? 'fails' : 'succeeds'}`, said)
  return { output, errors }
}
