// The events of one server about one account, as bytes: what a relay looks at. Each is decoded, and
// nothing is left to a library that could be lenient with it.

import { cborToLexRecord, readCarWithRoot, verifyCommitSig } from '@atproto/repo'

import { atEnd, check, equal, until } from '../ground.mjs'

/** Where the CBOR item ends that begins at `at`. */
const itemEnd = (bytes, at) => {
  const [major, small] = [bytes[at] >> 5, bytes[at] & 31]
  const width = small < 24 ? 0 : 1 << (small - 24)
  let size = small
  if (width > 0) size = Number(`0x${Buffer.from(bytes.subarray(at + 1, at + 1 + width)).toString('hex')}`)
  let end = at + 1 + width
  if (major === 2 || major === 3) return end + size
  const items = major === 4 ? size : major === 5 ? 2 * size : major === 6 ? 1 : 0
  for (let each = 0; each < items; each += 1) end = itemEnd(bytes, end)
  return end
}

export const decode = (bytes) => {
  const end = itemEnd(bytes, 0)
  const { op, t } = cborToLexRecord(bytes.subarray(0, end))
  return { op, kind: t?.slice(1), body: cborToLexRecord(bytes.subarray(end)) }
}

/** The commit that an event carries, and what else it has. */
export const commitIn = async ({ body }) => {
  const { root, blocks } = await readCarWithRoot(body.blocks)
  return { root: root.toString(), commit: cborToLexRecord(blocks.get(root)), blocks }
}

export const isSigned = (commit, key) => verifyCommitSig(commit, key)

/** Hears all events of a server from now on. */
export class Stream {
  static async open(url) {
    const stream = new Stream(url)
    await until(`events of ${url} are heard`, () => stream.opened)
    return stream
  }

  constructor(url) {
    this.events = []
    this.errors = []
    this.opened = false
    this.socket = new WebSocket(`${url.replace(/^http/, 'ws')}/xrpc/com.atproto.sync.subscribeRepos`)
    this.socket.binaryType = 'arraybuffer'
    this.socket.onopen = () => (this.opened = true)
    this.socket.onerror = ({ message }) => this.errors.push(message ?? 'error')
    this.socket.onmessage = ({ data }) => this.hear(new Uint8Array(data))
    this.closing = false
    this.socket.onclose = ({ code }) => this.closing || this.errors.push(`closed: ${code}`)
    atEnd(async () => {
      this.closing = true
      this.socket.close()
    })
  }

  hear(bytes) {
    try {
      const { op, kind, body } = decode(bytes)
      const did = body.did ?? body.repo
      if (op === 1) this.events.push({ kind, seq: body.seq, did, body })
      else this.errors.push(`${body.error}: ${body.message}`)
    } catch (error) {
      this.errors.push(error.message)
    }
  }

  of(did) {
    return this.events.filter((event) => event.did === did)
  }

  /** All went well, and numbers rise. */
  sound() {
    equal(this.errors, [], 'the stream has no errors')
    let last = 0
    for (const { seq } of this.events) {
      check(seq > last, 'numbers of events rise', { last, seq })
      last = seq
    }
  }
}
