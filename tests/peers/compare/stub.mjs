// A service that one server asks for its users: it answers what the script wants, and else what it was asked.

import { createServer } from 'node:http'

import { atEnd } from '../ground.mjs'
import { decodeToken } from './tokens.mjs'

// What servers add that says nothing about the protocol.
const UNTOLD = ['host', 'connection', 'keep-alive', 'transfer-encoding', 'date']

const told = (request, body) => {
  const { authorization, ...rest } = request.headers
  const headers = Object.fromEntries(Object.entries(rest).filter(([name]) => !UNTOLD.includes(name)))
  const token = authorization?.replace(/^Bearer /, '')
  const { payload: { iat, exp, jti, ...claims } = {} } = token ? decodeToken(token) : {}
  const proof = token && { ...claims, lasts: exp - iat, jti: jti && typeof jti }
  return { asked: `${request.method} ${request.url}`, headers, body: body.toString('latin1').slice(0, 2000), proof }
}

/**
 * Opens it at a port. Answers that are wanted are in `wanted`, by method: `more` is added to what it says,
 * `breaksOff` ends one in its middle, `waits` gets the response to keep it. Documents are in `documents`, by path.
 */
export const openStub = (port) =>
  new Promise((resolve, reject) => {
    const stub = { wanted: new Map(), documents: new Map(), url: `http://localhost:${port}` }
    const server = createServer((request, response) => {
      const chunks = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        const path = request.url.split('?')[0]
        const wanted = stub.documents.get(path) ?? stub.wanted.get(path.replace('/xrpc/', ''))
        if (wanted?.hangsUp) return response.destroy()
        if (wanted?.waits) return wanted.waits(response)
        const { status = 200, headers, body, more, breaksOff } = wanted ?? {}
        const answer = body ?? { ...told(request, Buffer.concat(chunks)), ...more }
        const bytes = Buffer.isBuffer(answer) ? answer : Buffer.from(JSON.stringify(answer))
        const length = breaksOff ? bytes.length * 2 : bytes.length
        response.writeHead(status, { 'content-type': 'application/json', 'content-length': length, ...headers })
        if (breaksOff) response.write(bytes, () => response.destroy())
        else response.end(bytes)
      })
    })
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () => {
      atEnd(() => new Promise((closed) => server.close(closed).closeAllConnections()))
      resolve(stub)
    })
  })
