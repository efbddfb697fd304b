// The npm package `@did-plc/lib` with a directory of did:plc: everything that its client can do,
// and what it makes of the answers. `node plc.mjs URL` says what was checked, a line for each, and
// fails with the first thing that is wrong.
//
// What the directory refuses is what the protocol's own directory refuses.

import assert from 'node:assert/strict'
import { P256Keypair, Secp256k1Keypair } from '@atproto/crypto'
import * as plc from '@did-plc/lib'
import * as dagCbor from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'

const [url] = process.argv.slice(2)
const client = new plc.Client(url)

const said = (what) => console.log(`ok: ${what}`)

// The package's own errors carry the status and the body.
const refused = async (status, message, doing) => {
  const error = await doing.then(
    () => assert.fail(`not refused: ${message}`),
    (error) => error,
  )
  assert.ok(error instanceof plc.PlcClientError, `${error}`)
  assert.equal(error.status, status, error.message)
  assert.equal(typeof error.data?.message, 'string', 'a refusal says why')
  if (message instanceof RegExp) assert.match(error.data.message, message)
}

const strong = await P256Keypair.create()
const weak = await Secp256k1Keypair.create()
const signing = await Secp256k1Keypair.create()
const rotationKeys = [strong.did(), weak.did()]
const account = (handle) => ({
  signingKey: signing.did(),
  handle: `${handle}.test`,
  pds: 'http://localhost:2583',
  rotationKeys,
  signer: weak,
})

// What the package finds in a log is what the directory says of it.
const check = async (did) => {
  const log = await client.getOperationLog(did)
  const data = await plc.validateOperationLog(did, log)
  assert.deepEqual(await client.getLastOp(did), log.at(-1))
  const audit = await client.getAuditableLog(did)
  const live = audit.filter((entry) => !entry.nullified).map((entry) => entry.operation)
  assert.deepEqual(live, log)
  for (const { operation, cid } of audit) {
    const hash = await sha256.digest(dagCbor.encode(operation))
    assert.equal(CID.createV1(dagCbor.code, hash).toString(), cid)
  }
  if (data) {
    assert.deepEqual(await client.getDocumentData(did), data)
    // The package writes keys in the form of 2022, which directories have left since.
    const written = await plc.formatDidDoc(data)
    const { verificationMethod, ...document } = await client.getDocument(did)
    const keys = Object.entries(data.verificationMethods).map(([fragment, key]) => ({
      id: `${did}#${fragment}`,
      type: 'Multikey',
      controller: did,
      publicKeyMultibase: key.replace('did:key:', ''),
    }))
    assert.deepEqual(verificationMethod, keys)
    const contexts = written['@context'].toSpliced(1, 0, 'https://w3id.org/security/multikey/v1')
    delete written.verificationMethod
    assert.deepEqual(document, { ...written, '@context': contexts })
  }
  return { log, audit, data }
}

assert.equal(typeof (await client.health()).version, 'string')
said('health')

const did = await client.createDid(account('alice'))
const first = await check(did)
assert.deepEqual(first.data.rotationKeys, rotationKeys)
assert.deepEqual(first.data.alsoKnownAs, ['at://alice.test'])
said(`a DID is made, and read in all ways: ${did}`)

await client.updateHandle(did, weak, 'alicia.test')
await client.updatePds(did, strong, 'https://pds.example.com')
const next = await P256Keypair.create()
await client.updateAtprotoKey(did, strong, next.did())
await client.updateRotationKeys(did, strong, [...rotationKeys, next.did()])
const changed = await check(did)
assert.equal(changed.log.length, 5)
assert.deepEqual(changed.data.alsoKnownAs, ['at://alicia.test'])
assert.equal(changed.data.verificationMethods.atproto, next.did())
assert.equal(changed.data.services.atproto_pds.endpoint, 'https://pds.example.com')
assert.equal(changed.data.rotationKeys.length, 3)
said('handle, host, signing key and rotation keys change')

const unknown = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
await refused(404, /not registered/i, client.getDocument(unknown))
await refused(404, /not registered/i, client.getDocumentData(unknown))
await refused(404, /not registered/i, client.getOperationLog(unknown))
await refused(404, /not registered/i, client.getAuditableLog(unknown))
await refused(404, /not registered/i, client.getLastOp(unknown))
said('an unknown DID is not found')

const stranger = await Secp256k1Keypair.create()
const last = await client.getLastOp(did)
const renamed = (signer, handle, before = last) => plc.updateHandleOp(before, signer, handle)
await refused(400, null, client.sendOperation(did, await renamed(stranger, 'mallory.test')))
await refused(400, null, client.sendOperation(unknown, first.log[0]))
await refused(400, null, client.sendOperation(did, first.log[0]))
const good = await renamed(strong, 'good.test')
await refused(400, null, client.sendOperation(did, { ...good, sig: `${good.sig}==` }))
await refused(400, null, client.sendOperation(did, { ...good, extra: 'field' }))
await refused(400, null, client.sendOperation(did, { ...good, alsoKnownAs: ['at://other.test'] }))
await refused(400, null, client.sendOperation(did, {}))
assert.deepEqual(await client.getLastOp(did), last)
said('what is forged, changed or malformed is refused')

const race = await Promise.allSettled(
  ['one', 'two', 'three', 'four'].map(async (name) =>
    client.sendOperation(did, await renamed(weak, `${name}.test`)),
  ),
)
assert.equal(race.filter(({ status }) => status === 'fulfilled').length, 1)
for (const { reason } of race) if (reason) assert.equal(reason.status, 409, reason.message)
await check(did)
said('of four at once one wins')

await client.sendOperation(did, await renamed(strong, 'taken-back.test'))
const back = await check(did)
assert.deepEqual(back.audit.map((entry) => entry.nullified).slice(-2), [true, false])
assert.deepEqual(back.data.alsoKnownAs, ['at://taken-back.test'])
await refused(400, null, client.sendOperation(did, await renamed(weak, 'weak.test')))
said('a stronger key takes back, a weaker one does not')

await client.tombstone(did, weak)
await refused(404, /not available/i, client.getDocument(did))
await refused(404, /not available/i, client.getDocumentData(did))
assert.equal((await check(did)).data, null)
await client.sendOperation(did, await plc.updateHandleOp(back.log.at(-1), strong, 'risen.test'))
assert.deepEqual((await check(did)).data.alsoKnownAs, ['at://risen.test'])
said('a DID ends, and comes back by a stronger key')

const others = []
for (let number = 0; number < 12; number++) {
  others.push(await client.createDid(account(`other${number}`)))
}
const all = await client.export()
assert.deepEqual(
  all.filter((entry) => entry.did === did),
  await client.getAuditableLog(did),
)
// The package cannot read a page of one line, or of none.
const page = async (after) => {
  const response = await fetch(`${url}/export?count=5&after=${encodeURIComponent(after)}`)
  assert.equal(response.headers.get('content-type'), 'application/jsonlines')
  const text = await response.text()
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line))
}
const pages = async (cursor, first) => {
  const found = []
  for (let next = await page(first); next.length > 0; next = await page(cursor(next.at(-1)))) {
    found.push(...next)
  }
  return found
}
assert.deepEqual(await pages((entry) => entry.createdAt, ''), all)
const numbered = await pages((entry) => entry.seq, 0)
assert.deepEqual(
  numbered.map((entry) => entry.cid).sort(),
  all.map((entry) => entry.cid).sort(),
)
assert.ok(others.every((other) => all.some((entry) => entry.did === other)))
said(`${all.length} operations are exported, at once and in pages`)

const busy = others[0]
let refusal
for (let number = 0; number < 10 && !refusal; number++) {
  await client.updateHandle(busy, weak, `busy${number}.test`).catch((error) => (refusal = error))
}
assert.equal(refusal?.status, 400, 'the tenth change within an hour is refused')
assert.equal((await client.getOperationLog(busy)).length, 10)
said('a DID has ten operations an hour')
