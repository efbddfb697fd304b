// What apps cost that were let in by OAuth: the processor's time of a request with a proof, and of a refresh.
// Figures are the operating system's, so that this needs Linux; elsewhere the driver ends with status 77.

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Agent, request as send } from 'node:http'
import { join } from 'node:path'

import { adminPassword, ask, atEnd, call, check, drive, equal, folder, freePort, installed, plc, say, start, topic, until } from './ground.mjs'

const READS = Number(process.env.PEERS_READS ?? 10_000)
const REFRESHES = 2_000
/** The most milliseconds of a processor that one may take. */
const READ_MAX = 0.15
const REFRESH_MAX = 0.5
/** How much dearer everything may be on a machine that does other things too. */
const NOISE = 1.5
const ROUNDS = 3
const AT_ONCE = 16
const REDIRECT = 'http://127.0.0.1/back'
const SCOPE = 'atproto transition:generic'
const CLIENT = `http://localhost?${new URLSearchParams({ scope: SCOPE, redirect_uri: REDIRECT })}`

if (!existsSync('/proc/self/stat')) {
  console.log('grants: there is no /proc')
  process.exit(77)
}

const base64url = (data) => Buffer.from(data).toString('base64url')
const digest = (text) => createHash('sha256').update(text).digest('base64url')

/** A client with a key of its own, which remembers the nonce that it was told last. */
const newClient = (port) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  const head = base64url(JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }))
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  atEnd(async () => agent.destroy())
  const client = { nonce: undefined }
  client.proof = (htm, path, token) => {
    const claims = { jti: randomBytes(12).toString('base64url'), htm, htu: `http://localhost:${port}${path}` }
    claims.iat = Math.floor(Date.now() / 1000)
    if (client.nonce) claims.nonce = client.nonce
    if (token) claims.ath = digest(token)
    const signed = `${head}.${base64url(JSON.stringify(claims))}`
    return `${signed}.${base64url(sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }))}`
  }
  client.send = (method, path, { query = '', token, form, proof = client.proof(method, path, token) } = {}) =>
    new Promise((resolve, reject) => {
      const body = form && new URLSearchParams(form).toString()
      const headers = { host: `localhost:${port}`, dpop: proof }
      if (token) headers.authorization = `DPoP ${token}`
      if (body) headers['content-type'] = 'application/x-www-form-urlencoded'
      const options = { host: '127.0.0.1', port, path: path + query, method, agent, headers }
      const request = send(options, (answer) => {
        const pieces = []
        answer.on('data', (piece) => pieces.push(piece)).on('error', reject)
        answer.on('end', () => {
          client.nonce = answer.headers['dpop-nonce'] ?? client.nonce
          resolve({ status: answer.statusCode, body: Buffer.concat(pieces).toString() })
        })
      })
      request.on('error', reject)
      request.end(body)
    })
  return client
}

/** A browser that knows cookies and forms. `fetch` will not do: it says that scripts ask. */
const newBrowser = (url) => {
  const cookies = new Map()
  const load = (to, form) =>
    new Promise((resolve, reject) => {
      const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
      if (form) Object.assign(headers, { origin: url, 'content-type': 'application/x-www-form-urlencoded' })
      const request = send(new URL(to, url), { method: form ? 'POST' : 'GET', headers }, (answer) => {
        const pieces = []
        answer.on('data', (piece) => pieces.push(piece)).on('error', reject)
        answer.on('end', () => resolve({ headers: answer.headers, html: Buffer.concat(pieces).toString() }))
      })
      request.on('error', reject)
      request.end(form && new URLSearchParams(form).toString())
    })
  const go = async (to, form) => {
    const { headers, html } = await load(to, form)
    for (const cookie of headers['set-cookie'] ?? []) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/)
      cookies.set(name, value)
    }
    const { location } = headers
    if (location?.startsWith(REDIRECT)) return { location: new URL(location) }
    return location ? go(location) : { html }
  }
  const field = (html, name) => html.match(new RegExp(`name="${name}"[^>]*value="([^"]*)"`))?.[1]
  return { go, field }
}

const signIn = async (server, client, account) => {
  const verifier = randomBytes(32).toString('base64url')
  const form = {
    client_id: CLIENT, response_type: 'code', code_challenge: digest(verifier), code_challenge_method: 'S256',
    redirect_uri: REDIRECT, scope: SCOPE,
  }
  await client.send('POST', '/oauth/par', { form })
  const pushed = await client.send('POST', '/oauth/par', { form })
  equal(pushed.status, 201, 'a request is taken')
  const uri = JSON.parse(pushed.body).request_uri
  const { go, field } = newBrowser(server.url)
  const begin = `/oauth/authorize?${new URLSearchParams({ client_id: CLIENT, request_uri: uri })}`
  await go(begin)
  const page = await go(`/oauth/authorize/sign-in?${new URLSearchParams({ request: uri })}`)
  const csrf = field(page.html, 'csrf')
  const consent = await go('/oauth/authorize/sign-in', { csrf, request: uri, identifier: account.handle, password: account.password })
  const allow = [...consent.html.matchAll(/name="allow"[^>]*value="([^"]*)"/g)].map(([, value]) => value.replaceAll('&amp;', '&'))
  const agreed = [['csrf', field(consent.html, 'csrf')], ['request', uri], ['did', account.did], ...allow.map((key) => ['allow', key])]
  const { location } = await go('/oauth/authorize/consent', agreed)
  check(location, 'the browser is led back', consent.html)
  const exchange = { grant_type: 'authorization_code', code: location.searchParams.get('code'), code_verifier: verifier }
  const tokens = await client.send('POST', '/oauth/token', { form: { ...exchange, client_id: CLIENT, redirect_uri: REDIRECT } })
  equal(tokens.status, 200, 'tokens are given out')
  return JSON.parse(tokens.body)
}

const openServer = async () => {
  const [port, data] = [await freePort(), await folder()]
  const args = ['serve', '--dev', '--no-rate-limits', '--data', data, '--plc-url', plc, '--admin-password', adminPassword]
  args.push('--listen', `127.0.0.1:${port}`)
  const env = { PAGURUS_SERVICE_DID: 'did:web:grants.test' }
  const server = start(process.env.PAGURUS_BIN, args, { env, log: join(installed, 'logs', 'grants.server.log') })
  const url = `http://localhost:${port}`
  const answers = async () => (await call('_health', { url })).status === 200
  await until('the server answers', async () => server.ended || answers())
  check(!server.ended, 'it goes on', server.errors.slice(-1000))
  return { url, port, pid: server.child.pid }
}

/** The processor's time that a process has taken, in milliseconds. */
const processorTime = async (pid) => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13)
  return ticks.reduce((sum, each) => sum + Number(each) * 10, 0)
}

/** What one of so many costs the server: the least of some rounds. What it takes to ask is not the server's. */
const cost = async (server, what, count, enough, round) => {
  let least = Infinity
  for (let number = 0; number === 0 || (number < ROUNDS && least > enough); number += 1) {
    const before = await processorTime(server.pid)
    await round(count)
    const each = ((await processorTime(server.pid)) - before) / count
    say(`${what}: ${each.toFixed(4)} ms`)
    least = Math.min(least, each)
  }
  return least
}

await drive('grants', async () => {
  check(process.env.PAGURUS_BIN, 'PAGURUS_BIN says where our program is')
  const server = await openServer()
  const client = newClient(server.port)
  const account = { handle: 'grants.test', password: 'password of grants' }
  const input = { ...account, email: 'grants@example.com' }
  account.did = (await ask('com.atproto.server.createAccount', { url: server.url, input })).did
  const record = { $type: 'com.example.note', text: 'a note' }
  const { accessJwt } = await ask('com.atproto.server.createSession', {
    url: server.url, input: { identifier: account.handle, password: account.password },
  })
  await ask('com.atproto.repo.createRecord', {
    url: server.url, token: accessJwt,
    input: { repo: account.did, collection: 'com.example.note', rkey: 'one', record },
  })
  let tokens = await signIn(server, client, account)

  await topic(`a read with a proof costs ${READ_MAX} ms at the most, but for noise`, async () => {
    const path = '/xrpc/com.atproto.server.getSession'
    const found = await cost(server, 'a read with a proof', READS, READ_MAX, async (count) => {
      let [left, good] = [count, 0]
      const worker = async () => {
        while (left-- > 0) {
          const { status } = await client.send('GET', path, { token: tokens.access_token })
          if (status === 200) good += 1
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker))
      check(good >= count - AT_ONCE, 'all are answered, but those that bring the nonce of before', good)
    })
    check(found <= READ_MAX * NOISE, `it costs ${READ_MAX} ms, or half as much again`, found)
  })

  await topic(`a refresh costs ${REFRESH_MAX} ms at the most, but for noise`, async () => {
    const found = await cost(server, 'a refresh', REFRESHES, REFRESH_MAX, async (count) => {
      for (let number = 0; number < count; number += 1) {
        const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: CLIENT }
        const { status, body } = await client.send('POST', '/oauth/token', { form })
        if (status === 200) tokens = JSON.parse(body)
        else equal(JSON.parse(body).error, 'use_dpop_nonce', 'it is refreshed')
      }
    })
    check(found <= REFRESH_MAX * NOISE, `it costs ${REFRESH_MAX} ms, or half as much again`, found)
  })
})
