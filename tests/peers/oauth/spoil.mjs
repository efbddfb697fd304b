// A proxy that does one thing wrong, between apps and people on the one side and a server that does it
// right on the other: a driver that does not notice is no driver.

import { createServer, request } from 'node:http'

import { atEnd, check } from '../ground.mjs'

const text = (bytes, change) => Buffer.from(change(bytes.toString()))
const field = (body, name) => new URLSearchParams(body.toString()).get(name)
const inLocation = (answer, change) => {
  const { location } = answer.headers
  return location ? { ...answer, headers: { ...answer.headers, location: location.replace(...change) } } : answer
}
const without = (answer, name) => ({ ...answer, headers: { ...answer.headers, [name]: undefined } })
const inTokens = ({ path }, answer, change) => {
  if (path !== '/oauth/token' || answer.status !== 200) return answer
  return { ...answer, bytes: text(answer.bytes, (body) => JSON.stringify(change(JSON.parse(body)))) }
}
const used = new Map()

/** What happens to answers: from what was asked and answered to what is answered instead. */
const answers = {
  nothing: (asked, answer) => answer,
  // Apps are not told who answers, or what they have asked.
  iss: (asked, answer) => inLocation(answer, [/iss=[^&]*&?/, '']),
  state: (asked, answer) => inLocation(answer, [/state=[^&]*/, 'state=x']),
  // Apps are not told of nonces, or that they have to refresh.
  nonces: (asked, answer) => without(answer, 'dpop-nonce'),
  challenge: (asked, answer) => without(answer, 'www-authenticate'),
  // A refresh token is good for one request, whatever becomes of the answer.
  grace: (asked, answer) => {
    const token = asked.path === '/oauth/token' && answer.status === 200 && field(asked.body, 'refresh_token')
    if (!token) return answer
    if (used.has(token)) return { ...answer, status: 400, bytes: Buffer.from('{"error":"invalid_grant"}') }
    used.set(token, answer)
    return answer
  },
  // A refresh token is good for ever.
  replay: (asked, answer) => {
    const token = asked.path === '/oauth/token' && field(asked.body, 'refresh_token')
    if (!token) return answer
    if (answer.status === 200) used.set(token, answer)
    return answer.status === 400 && answer.bytes.includes('invalid_grant') ? (used.get(token) ?? answer) : answer
  },
  // Tokens are somebody else's, or good for something else.
  sub: (asked, answer) => inTokens(asked, answer, (tokens) => ({ ...tokens, sub: `${tokens.sub.slice(0, -1)}2` })),
  scope: (asked, answer) => inTokens(asked, answer, (tokens) => ({ ...tokens, scope: `${tokens.scope} identity:*` })),
  // What is forbidden seems to have been done.
  forbidden: (asked, answer) => (answer.status === 403 ? { ...answer, status: 200, bytes: Buffer.from('{}') } : answer),
  // Errors have other names.
  names: (asked, answer) =>
    answer.status < 400 ? answer : { ...answer, bytes: text(answer.bytes, (body) => body.replace(/"error":"\w+"/, '"error":"other"')) },
  // Pages can be framed, cookies be read.
  frames: (asked, answer) => without(answer, 'content-security-policy'),
  cookies: (asked, answer) => {
    const cookies = answer.headers['set-cookie']?.map((cookie) => cookie.replace('; HttpOnly', ''))
    return { ...answer, headers: { ...answer.headers, 'set-cookie': cookies } }
  },
}

/** What happens to requests, before they are sent on. */
const requests = {
  // Apps that give their sessions back are not heard.
  revoke: (asked) => (asked.path === '/oauth/revoke' ? { ...asked, path: '/oauth/jwks', method: 'GET', body: Buffer.alloc(0) } : asked),
  // All is agreed to.
  ticked: (asked) => {
    if (!asked.path.endsWith('/consent')) return asked
    return { ...asked, body: text(asked.body, (body) => `${body}&allow=account:email&allow=repo`) }
  },
  // Nobody says no.
  willing: (asked) => (asked.path.endsWith('/cancel') ? { ...asked, path: asked.path.replace('/cancel', '/consent') } : asked),
  // Pages are in English.
  english: (asked) => ({ ...asked, headers: { ...asked.headers, 'accept-language': 'en' } }),
  // Whoever forgets their password keeps it.
  password: (asked) => (asked.path.endsWith('resetPassword') ? { ...asked, path: '/xrpc/_health', method: 'GET', body: Buffer.alloc(0) } : asked),
}

/** Stands at `port` before the server that listens at `inner`. */
export const spoil = (fault, port, inner) =>
  new Promise((resolve, reject) => {
    check(answers[fault] || requests[fault], `there is a fault ${fault}`)
    const server = createServer(async (incoming, response) => {
      const [path, query] = incoming.url.split('?')
      const asked = { path, method: incoming.method, headers: incoming.headers, body: Buffer.concat(await incoming.toArray()) }
      const { body, ...sent } = requests[fault]?.(asked) ?? asked
      const headers = { ...sent.headers, 'content-length': body.length }
      delete headers['accept-encoding']
      delete headers['transfer-encoding']
      const init = { host: '127.0.0.1', port: inner, method: sent.method, path: query ? `${sent.path}?${query}` : sent.path, headers }
      const forward = request(init, async (found) => {
        const answer = { status: found.statusCode, headers: found.headers, bytes: Buffer.concat(await found.toArray()) }
        const { status, headers, bytes } = answers[fault]?.(asked, answer) ?? answer
        const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && name !== 'transfer-encoding')
        response.writeHead(status, { ...Object.fromEntries(kept), 'content-length': bytes.length }).end(bytes)
      })
      forward.on('error', () => response.destroy())
      forward.end(body)
    })
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () => {
      atEnd(() => new Promise((closed) => (server.close(closed), server.closeAllConnections())))
      resolve()
    })
  })
