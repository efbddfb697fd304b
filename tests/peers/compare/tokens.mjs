// Keys, tokens and identities of our own making: good ones, and those that servers have to refuse.

import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto'

import { check, plc } from '../ground.mjs'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

const encodeBase58 = (bytes) => {
  let number = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (; number > 0n; number /= 58n) text = base58[Number(number % 58n)] + text
  return text
}

/** A key of secp256k1. */
export class Key {
  #secret
  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
    const { x, y } = publicKey.export({ format: 'jwk' })
    const isOdd = Buffer.from(y, 'base64url').at(-1) % 2
    this.#secret = privateKey
    // A multicodec for the kind of key, then the point, compressed.
    this.did = `did:key:z${encodeBase58([0xe7, 0x01, 2 + isOdd, ...Buffer.from(x, 'base64url')])}`
  }

  /** A signature with the smaller of its two forms. */
  sign(bytes) {
    const signature = sign('sha256', bytes, { key: this.#secret, dsaEncoding: 'ieee-p1363' })
    const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
    const low = s > ORDER / 2n ? ORDER - s : s
    return Buffer.concat([signature.subarray(0, 32), Buffer.from(low.toString(16).padStart(64, '0'), 'hex')])
  }
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
export const now = () => Math.floor(Date.now() / 1000)

/** A session's token, as a server makes them whose secret is known. */
export const sessionToken = (secret, typ, claims) => {
  const signed = `${part({ typ, alg: 'HS256' })}.${part(claims)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/** A token by which an account or a service speaks for itself. */
export const serviceToken = (key, claims, header = {}) => {
  const signed = `${part({ typ: 'JWT', alg: 'ES256K', ...header })}.${part({ iat: now(), exp: now() + 60, ...claims })}`
  return `${signed}.${key.sign(Buffer.from(signed)).toString('base64url')}`
}

/** Decodes a token without verifying anything. */
export const decodeToken = (token) => {
  const [header, payload] = token
    .split('.')
    .slice(0, 2)
    .map((each) => JSON.parse(Buffer.from(each, 'base64url')))
  return { header, payload }
}

const cborHead = (major, length) => {
  if (length < 24) return Buffer.from([(major << 5) | length])
  if (length < 256) return Buffer.from([(major << 5) | 24, length])
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255])
}

/** Texts, lists and objects as DAG-CBOR. */
const cbor = (value) => {
  if (value === null) return Buffer.from([0xf6])
  if (typeof value === 'string') return Buffer.concat([cborHead(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Array.isArray(value)) return Buffer.concat([cborHead(4, value.length), ...value.map(cbor)])
  const names = Object.keys(value).sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
  return Buffer.concat([cborHead(5, names.length), ...names.flatMap((name) => [cbor(name), cbor(value[name])])])
}

const base32 = (bytes) => {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const five = bits.match(/.{1,5}/g).map((each) => parseInt(each.padEnd(5, '0'), 2))
  return five.map((each) => 'abcdefghijklmnopqrstuvwxyz234567'[each]).join('')
}

/** Makes an identity in the directory, and gives its DID. */
export const createIdentity = async (rotation, { handle, keys, services }) => {
  const operation = {
    type: 'plc_operation',
    rotationKeys: [rotation.did],
    verificationMethods: keys,
    alsoKnownAs: handle ? [`at://${handle}`] : [],
    services,
    prev: null,
  }
  const sig = rotation.sign(cbor(operation)).toString('base64url')
  const signed = { ...operation, sig }
  const did = `did:plc:${base32(createHash('sha256').update(cbor(signed)).digest()).slice(0, 24)}`
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${plc}/${did}`, { method: 'POST', headers, body: JSON.stringify(signed) })
  check(response.ok, `the directory takes ${did}`, await response.text())
  return did
}
