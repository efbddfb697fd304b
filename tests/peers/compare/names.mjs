// What differs between two servers by nature gets a name: identifiers and keys by where they were first
// seen, times and ports by what they are. What a script has said itself stays as it is.

import { decodeToken, now } from './tokens.mjs'

const HOUR_MS = 3_600_000
const tidLetters = '234567abcdefghijklmnopqrstuvwxyz'
const isNear = (ms) => Math.abs(ms - Date.now()) < HOUR_MS

const tidTime = (tid) => {
  let number = 0n
  for (const letter of tid) number = number * 32n + BigInt(tidLetters.indexOf(letter))
  return Number((number >> 10n) / 1000n)
}

// Each with what becomes of it: a kind, whose members are told apart, or a function.
const PATTERNS = [
  [/did:plc:(?!a{24})[a-z2-7]{24}/g, 'did'],
  [/(?:did:key:)?zQ3s[1-9A-HJ-NP-Za-km-z]{45,}/g, 'key'],
  [/bafyrei[a-z2-7]{52}/g, 'cid'],
  [/\b[234567a-j][234567a-z]{12}\b/g, (text) => (isNear(tidTime(text)) ? 'tid' : null)],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (text) => (isNear(Date.parse(text)) ? '<time>' : text)],
  [/\b1[789]\d{11}\b/g, '<milliseconds>'],
  [/\b1[789]\d{8}\b/g, '<seconds>'],
  // Signatures of operations.
  [/^[\w-]{86}$/g, '<signature>'],
  [/\blocalhost-[a-z2-7]{5}-[a-z2-7]{5}\b/g, '<invite code>'],
  [/\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b/g, '<app password>'],
  [/\b[A-Z2-7]{5}-[A-Z2-7]{5}\b/g, '<code>'],
  // Files that pages are made of have their hash in their name, which changes with each of their letters.
  [/(?<=-)[0-9a-f]{20}(?=\.(?:css|js)\b)/g, '<hash>'],
]
const TOKEN = /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*$/

/** The names that one server's values have. */
export class Names {
  #names = new Map()

  /** `fixed` are texts that are replaced as they are: addresses, for instance. */
  constructor(fixed) {
    this.fixed = fixed
  }

  set(value, name) {
    if (value) this.#names.set(value, `<${name}>`)
  }

  #name(text, kind, where) {
    if (!this.#names.has(text)) this.#names.set(text, `<${kind}: ${where}>`)
    return this.#names.get(text)
  }

  text(text, where) {
    text = text.replaceAll('did%3Aplc%3A', 'did:plc:')
    for (const [value, name] of this.fixed) text = text.replaceAll(value, name)
    for (const [pattern, kind] of PATTERNS)
      text = text.replace(pattern, (found) => {
        const known = typeof kind === 'function' ? kind(found) : kind
        if (known === null) return found
        return /^[a-z]/.test(known) && known !== found ? this.#name(found, known, where) : known
      })
    return text
  }

  /** A value of JSON with all in it that differs by nature replaced. */
  value(value, where) {
    if (typeof value === 'string') return TOKEN.test(value) ? this.#token(value, where) : this.text(value, where)
    if (Array.isArray(value)) {
      const list = value.map((each, index) => this.value(each, `${where}.${index}`))
      // Codes and DIDs are drawn by chance, and sorted by that.
      return /\.(codes|invites|infos)$/.test(where)
        ? list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
        : list
    }
    // Sequence numbers are times.
    if (Number.isInteger(value) && isNear(value / 1000)) return '<sequence number>'
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, each]) => [this.text(name, where), this.value(each, `${where}.${name}`)]),
    )
  }

  #token(token, where) {
    const { header, payload } = decodeToken(token)
    const { iat, exp, jti, ...claims } = payload
    const told = { ...claims, jti: jti && typeof jti }
    return { token: header, claims: this.value(told, where), lasts: Math.round((exp - (iat ?? now())) / 10) * 10 }
  }
}
