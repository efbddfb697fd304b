// One server as a script sees it: each call has a label, and what it was answered is kept under it.

import { createHash } from 'node:crypto'
import { Agent, request as send } from 'node:http'

import { cborToLexRecord, readCar } from '@atproto/repo'

import { adminPassword, check, until } from '../ground.mjs'
import { Names } from './names.mjs'
import { now, sessionToken } from './tokens.mjs'

// The headers that clients read.
const HEADERS =
  /^(content-(type|disposition|security-policy|encoding|language)|cache-control|vary|location|allow|x-content-type-options|ratelimit-.*|retry-after|www-authenticate|access-control-.*|atproto-.*|dpop-nonce|accept-ranges)$/
// Of these only that they are there.
const VOLATILE = /^(retry-after|ratelimit-reset|dpop-nonce|atproto-upstream-lag)$/

export const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
export const admin = { authorization: basic('admin', adminPassword) }

/** How many of each kind of block an archive has, and what its head says. */
const summary = async (bytes) => {
  const { blocks, roots } = await readCar(bytes)
  const kinds = {}
  let head
  for (const { cid, bytes: block } of blocks.entries()) {
    const value = cborToLexRecord(block)
    const kind = 'sig' in value ? 'commit' : 'e' in value ? 'node' : 'record'
    kinds[kind] = (kinds[kind] ?? 0) + 1
    if (roots.some((root) => `${root}` === `${cid}`))
      head = { version: value.version, prev: value.prev, did: value.did }
  }
  return { archive: { roots: roots.length, ...kinds, head } }
}

export class Side {
  answers = new Map()
  // A connection for each: a server that refuses a body closes it.
  #agent = new Agent()
  #topic = ''

  constructor({ name, url, stub, secret, newMail }) {
    Object.assign(this, { name, url, stub, secret, newMail })
    const address = (of) => {
      const { port } = new URL(of)
      return [`localhost%3A${port}`, `localhost:${port}`]
    }
    const named = (of, as) => address(of).map((text) => [text, `<${as}>`])
    this.names = new Names([
      ...named(url, 'here'),
      ...named(stub.url, 'stub'),
      ...named(process.env.PLC_URL, 'directory'),
    ])
  }

  begin(topic) {
    this.#topic = topic
  }

  /** Sends a request as it is written. */
  raw(verb, path, { headers = {}, body, chunked } = {}) {
    return new Promise((resolve) => {
      const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(body)
      const { port } = new URL(this.url)
      const length = bytes && !chunked ? { 'content-length': bytes.length } : {}
      const request = send(
        {
          host: '127.0.0.1',
          port,
          method: verb,
          path,
          headers: { host: `localhost:${port}`, ...length, ...headers },
          agent: this.#agent,
        },
        (response) => {
          const chunks = []
          response.on('data', (chunk) => chunks.push(chunk))
          // One that breaks off in its middle.
          response.on('error', ({ code }) =>
            resolve({ status: response.statusCode, headers: {}, bytes: Buffer.alloc(0), body: {}, gone: code }),
          )
          response.on('end', () => {
            const bytes = Buffer.concat(chunks)
            const { statusCode: status, headers } = response
            const isJson = headers['content-type']?.startsWith('application/json') && !headers['content-encoding']
            let json
            try {
              json = isJson && bytes.length > 0 ? JSON.parse(bytes) : undefined
            } catch {
              json = undefined
            }
            resolve({ status, headers, bytes, json, body: json ?? {} })
          })
        },
      )
      request.setTimeout(20_000, () => request.destroy(new Error(`no answer to ${verb} ${path}`)))
      request.on('error', (error) =>
        resolve({ status: 0, headers: {}, bytes: Buffer.alloc(0), body: {}, gone: error.code }),
      )
      if (chunked) for (const chunk of [bytes].flat()) request.write(chunk)
      request.end(chunked ? undefined : bytes)
    })
  }

  /** Asks what a service does not answer, hangs up, and keeps whether the service hears of that. */
  async hangUp(label, nsid, who) {
    const { promise: reached, resolve: waits } = Promise.withResolvers()
    this.stub.wanted.set(nsid, { waits })
    const { port } = new URL(this.url)
    const headers = { host: `localhost:${port}`, ...credential(who) }
    const request = send({ host: '127.0.0.1', port, path: `/xrpc/${nsid}`, headers, agent: this.#agent })
    request.on('error', () => {}).end()
    const answer = await reached
    request.destroy()
    const isHeard = until('the service hears of it', () => answer.closed, 5).then(
      () => true,
      () => false,
    )
    this.keep(label, `GET /xrpc/${nsid}, hanging up`, { isHeard: await isHeard })
    this.stub.wanted.delete(nsid)
  }

  /** Begins to upload a file of some bytes, and hangs up when half of it is sent. */
  async uploadHalf(nsid, bytes, type, who) {
    const { port } = new URL(this.url)
    const headers = { host: `localhost:${port}`, 'content-length': bytes.length, 'content-type': type }
    const where = { host: '127.0.0.1', port, method: 'POST', path: `/xrpc/${nsid}`, agent: this.#agent }
    const request = send({ ...where, headers: { ...headers, ...credential(who) } })
    const gone = new Promise((resolve) => request.on('error', () => {}).on('close', resolve))
    request.write(bytes.subarray(0, bytes.length / 2), () => request.destroy())
    await gone
  }

  /** Does something so many times at once, and keeps how often it went well. */
  async atOnce(label, count, action) {
    const answers = await Promise.all(Array.from({ length: count }, (_, index) => action(index)))
    const good = answers.filter(({ status }) => status === 200)
    this.keep(label, `${count} at once`, { good: good.length })
    return good
  }

  /** Sends one, and keeps what it was answered under a label. */
  async send(label, verb, path, { headers, body, chunked } = {}) {
    const where = `${this.#topic}: ${label}`
    check(!this.answers.has(where), `"${where}" is said once`)
    const answer = await this.raw(verb, path, { headers, body, chunked })
    const shownBody = body === undefined ? '' : ` ${Buffer.from(body).toString('latin1').slice(0, 600)}`
    const shownHeaders = Object.entries(headers ?? {})
      .filter(([name]) => name !== 'content-type' || !shownBody.startsWith(' {'))
      .map(([name, value]) => ` [${name}: ${`${value}`.slice(0, 90)}]`)
    const request = `${verb} ${path.slice(0, 300)}${shownHeaders.join('')}${shownBody}`
    this.answers.set(where, { request, ...(await this.#told(answer, where)) })
    return answer
  }

  /** Keeps what was found otherwise than by a call. */
  keep(label, request, body) {
    const where = `${this.#topic}: ${label}`
    this.answers.set(where, { request, status: 200, headers: {}, body: this.names.value(body, where), raw: body })
  }

  #address(nsid, params = {}) {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(params))
      for (const each of [value].flat()) if (each !== undefined) query.append(name, each)
    return `/xrpc/${nsid}${query.size > 0 ? `?${query}` : ''}`
  }

  /** Calls a query. `who` is a token, or headers, or nobody. */
  get(label, nsid, params, who, { headers } = {}) {
    return this.send(label, 'GET', this.#address(nsid, params), { headers: { ...credential(who), ...headers } })
  }

  /** Calls a procedure with JSON, or without a body. */
  post(label, nsid, input, who, { headers, params } = {}) {
    const type = input === undefined ? {} : { 'content-type': 'application/json' }
    const body = input === undefined ? '' : JSON.stringify(input)
    return this.send(label, 'POST', this.#address(nsid, params), {
      headers: { ...credential(who), ...type, ...headers },
      body,
    })
  }

  /** Calls a procedure with bytes. */
  upload(label, nsid, bytes, type, who, { headers } = {}) {
    const declared = type ? { 'content-type': type } : {}
    return this.send(label, 'POST', this.#address(nsid), {
      headers: { ...credential(who), ...declared, ...headers },
      body: bytes,
    })
  }

  /** Calls a method whose answer is not looked at. */
  async quietly(nsid, { params, input, who } = {}) {
    const headers = { ...credential(who), ...(input ? { 'content-type': 'application/json' } : {}) }
    const verb = params ? 'GET' : 'POST'
    const body = params ? undefined : input ? JSON.stringify(input) : ''
    return this.raw(verb, this.#address(nsid, params), { headers, body })
  }

  /** Makes an account without a word. */
  async account(name) {
    const password = `password of ${name}`
    const input = { handle: `${name}.test`, email: `${name}@example.com`, password }
    const { body, status } = await this.quietly('com.atproto.server.createAccount', { input })
    check(status === 200, `${this.name} makes the account ${name}`, body)
    return this.known(name, { ...input, did: body.did, token: body.accessJwt, refresh: body.refreshJwt })
  }

  known(name, account) {
    this.names.set(account.did, name)
    return account
  }

  /** A token for an account as this server would make it, or with something else in it. */
  forged(did, { typ = 'at+jwt', scope = 'com.atproto.access', secret = this.secret, ...claims } = {}) {
    const iat = now()
    return sessionToken(secret, typ, { scope, aud: this.did, sub: did, iat, exp: iat + 7200, ...claims })
  }

  async #told({ status, headers, bytes, json, gone }, where) {
    const kept = Object.entries(headers)
      .filter(([name]) => HEADERS.test(name))
      .map(([name, value]) => [
        name,
        VOLATILE.test(name) ? '<it is there>' : this.names.text(`${value}`, `${where} ${name}`),
      ])
    const type = headers['content-type'] ?? ''
    let body
    if (headers['content-encoding']) body = '<compressed>'
    else if (json !== undefined) body = this.names.value(json, where)
    else if (type.startsWith('application/vnd.ipld.car') && status === 200)
      body = this.names.value(await summary(bytes), where)
    else if (/^text|json/.test(type)) body = this.names.text(bytes.toString(), where).slice(0, 500)
    else
      body = bytes.length === 0 ? '' : { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
    return { status, gone, headers: Object.fromEntries(kept), body, raw: json }
  }
}

const credential = (who) => {
  if (!who) return {}
  return typeof who === 'string' ? { authorization: `Bearer ${who}` } : who
}
