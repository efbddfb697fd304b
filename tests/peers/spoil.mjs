// A proxy that does one thing wrong, between the drivers and a server that does it right: a driver
// that does not notice is no driver.
//
//   node spoil.mjs FAULT PORT INNER_PORT

import http from 'node:http'
import net from 'node:net'

const [fault, port, inner] = process.argv.slice(2)

// How many commits of a connection are let through before one is spoiled.
const PATIENCE = 10

let refreshes = 0
let gets = 0
let imports = 0

const text = (bytes, change) => Buffer.from(change(bytes.toString()))

/** What happens to answers: from path and bytes to bytes. */
const answers = {
  // Errors have other names.
  names: (path, bytes, status) =>
    status >= 400 ? text(bytes, (body) => body.replace(/"error":"\w+"/, '"error":"Other"')) : bytes,
  // Blobs have another first byte.
  blob: (path, bytes) => (path.includes('sync.getBlob') ? (bytes.set([bytes[0] ^ 1]), bytes) : bytes),
  // Lists lack a record.
  page: (path, bytes) => {
    if (!path.includes('repo.listRecords')) return bytes
    return text(bytes, (body) => {
      const page = JSON.parse(body)
      page.records?.splice(1, 1)
      return JSON.stringify(page)
    })
  },
  // Archives have another last byte.
  archive: (path, bytes) =>
    path.includes('sync.getRepo?') ? (bytes.set([bytes.at(-1) ^ 1], bytes.length - 1), bytes) : bytes,
  // A second tab is told that its session is over.
  refresh: (path, bytes) =>
    path.includes('server.refreshSession') && refreshes++ > 0
      ? { status: 400, bytes: Buffer.from('{"error":"ExpiredToken","message":"over"}') }
      : bytes,
  // A blob is not there.
  gone: (path, bytes) => {
    if (!path.includes('sync.getBlob') || gets++ < 5) return bytes
    return { status: 400, bytes: Buffer.from('{"error":"BlobNotFound","message":"gone"}') }
  },
  // Blobs are all of one type.
  types: (path, bytes) =>
    path.includes('sync.getBlob') ? { bytes, headers: { 'content-type': 'application/octet-stream' } } : bytes,
  // No blobs are missing.
  missing: (path, bytes) =>
    path.includes('repo.listMissingBlobs') ? Buffer.from('{"blobs":[]}') : bytes,
  // All archives are welcome.
  welcome: (path, bytes, status) =>
    path.includes('repo.importRepo') && status >= 400 ? { status: 200, bytes: Buffer.from('{}') } : bytes,
  // Preferences lack one.
  preferences: (path, bytes) => {
    if (!path.includes('actor.getPreferences')) return bytes
    return text(bytes, (body) => JSON.stringify({ preferences: JSON.parse(body).preferences?.slice(1) }))
  },
  // Accounts are said to sleep.
  state: (path, bytes) =>
    path.includes('sync.getRepoStatus') ? text(bytes, (body) => body.replace('true', 'false')) : bytes,
}

const isCommit = (message) => message.includes('g#commit') && message.includes('factionf')
const signature = Buffer.from([0x63, 0x73, 0x69, 0x67, 0x58, 0x40])

/** What happens to a message: from it and the one before to those to send. */
const messages = {
  // An event is lost.
  drop: () => [],
  // An event comes twice.
  twice: (message) => [message, message],
  // An event comes after the next one.
  swap: (message, held) => (held ? [message, held] : null),
  // An event has a wrong signature.
  flip: (message) => {
    message[message.indexOf(signature) + signature.length + 10] ^= 1
    return [message]
  },
}

/** Spoils one of the messages of a connection. */
const spoilMessages = () => {
  let patience = PATIENCE
  let held = null
  return (message) => {
    if (!messages[fault] || !isCommit(message) || patience-- > 0 || held === false) return [message]
    const spoiled = messages[fault](message, held)
    held = spoiled ? false : message
    return spoiled ?? []
  }
}

const frame = (message) => {
  const head = Buffer.alloc(message.length < 126 ? 2 : message.length < 2 ** 16 ? 4 : 10)
  head[0] = 0x82
  if (head.length === 2) head[1] = message.length
  else if (head.length === 4) head.writeUInt16BE(message.length, ((head[1] = 126), 2))
  else head.writeBigUInt64BE(BigInt(message.length), ((head[1] = 127), 2))
  return Buffer.concat([head, message])
}

/** Splits what a server sends into frames, and spoils the binary ones. */
const spoilStream = (send) => {
  const spoilMessage = spoilMessages()
  let rest = Buffer.alloc(0)
  return (data) => {
    rest = Buffer.concat([rest, data])
    while (rest.length >= 2) {
      const short = rest[1] & 0x7f
      const head = short < 126 ? 2 : short === 126 ? 4 : 10
      if (rest.length < head) return
      const size = head === 2 ? short : head === 4 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2))
      if (rest.length < head + size) return
      const [whole, message] = [rest.subarray(0, head + size), Buffer.from(rest.subarray(head, head + size))]
      if (whole[0] === 0x82) for (const each of spoilMessage(message)) send(frame(each))
      else send(whole)
      rest = rest.subarray(head + size)
    }
  }
}

const server = http.createServer((request, response) => {
  const { method, url, headers } = request
  const options = { host: '127.0.0.1', port: inner, method, path: url, headers: { ...headers } }
  delete options.headers['accept-encoding']
  // What is newer than the first archive is lost.
  if (fault === 'forget' && url.includes('repo.importRepo') && imports++ > 0) {
    request.resume().on('end', () => response.end())
    return
  }
  const forward = http.request(options, async (answer) => {
    let bytes = Buffer.concat(await answer.toArray())
    let status = answer.statusCode
    let changed = {}
    const spoiled = bytes.length > 0 && answers[fault] ? answers[fault](url, bytes, status) : bytes
    if (Buffer.isBuffer(spoiled)) bytes = spoiled
    else ({ status = status, bytes, headers: changed = {} } = spoiled)
    const kept = { ...answer.headers, ...changed, 'content-length': bytes.length }
    delete kept['transfer-encoding']
    response.writeHead(status, kept)
    response.end(method === 'HEAD' ? undefined : bytes)
  })
  forward.on('error', () => response.destroy())
  request.pipe(forward)
})

server.on('upgrade', (request, socket) => {
  const upstream = net.connect(inner, '127.0.0.1', () => {
    const lines = [`${request.method} ${request.url} HTTP/1.1`]
    for (let each = 0; each < request.rawHeaders.length; each += 2)
      lines.push(`${request.rawHeaders[each]}: ${request.rawHeaders[each + 1]}`)
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`)
    socket.pipe(upstream)
  })
  let opened = Buffer.alloc(0)
  const stream = spoilStream((bytes) => socket.write(bytes))
  upstream.on('data', (data) => {
    if (!opened) return stream(data)
    opened = Buffer.concat([opened, data])
    const end = opened.indexOf('\r\n\r\n')
    if (end < 0) return
    socket.write(opened.subarray(0, end + 4))
    const begun = opened.subarray(end + 4)
    opened = null
    stream(begun)
  })
  for (const [one, other] of [
    [socket, upstream],
    [upstream, socket],
  ]) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
})

if (![...Object.keys(answers), ...Object.keys(messages), 'forget', 'nothing'].includes(fault)) {
  console.error(`there is no fault ${fault}`)
  process.exit(2)
}
server.listen(Number(port), '127.0.0.1')
