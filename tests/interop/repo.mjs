// The other implementation, as a server of JSON lines: a request a line on standard input, a reply
// a line on standard output. Bytes are in base 64. A reply is `{"ok": …}` or `{"error": text}`.
//
// One repository is open at a time. What comes in is verified with what the packages export, from
// the bytes that came and nothing else.

import { cborEncode, cidForCbor, dataToCborBlock } from '@atproto/common'
import { P256Keypair, Secp256k1Keypair, verifySignature } from '@atproto/crypto'
import { decode, encode } from '@atproto/lex-cbor'
import { parseCid } from '@atproto/lex-data'
import { jsonToLex, lexToJson } from '@atproto/lex-json'
import {
  MemoryBlockstore,
  MST,
  Repo,
  blocksToCarFile,
  concatBytesAsync,
  def,
  formatDataKey,
  getFullRepo,
  getRecords,
  parseDataKey,
  readCarWithRoot,
  verifyDiffCar,
  verifyProofs,
  verifyRepoCar,
} from '@atproto/repo'
import * as syntax from '@atproto/syntax'
import * as dagCbor from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'

const base64 = (bytes) => Buffer.from(bytes).toString('base64')
const bytesOf = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const textOf = (cid) => cid && cid.toString()
const cidOf = (text) => text && parseCid(text)

const demand = (holds, what) => {
  if (!holds) throw new Error(what)
}

const keypairOf = ({ curve, hex }) =>
  curve === 'p256' ? P256Keypair.import(hex) : Secp256k1Keypair.import(hex)

// A store that forgets nothing: the original drops a record's block with the first of the paths
// that have it.
class Store extends MemoryBlockstore {
  async applyCommit(commit) {
    this.root = commit.cid
    this.blocks.addMap(commit.newBlocks)
  }
}

// A tree that a delete has emptied keeps its old layer, so that the next key of a lower one ends up
// below a root without entries. Only deletes and creates in one commit show it.
const remove = MST.prototype.delete
MST.prototype.delete = async function (key) {
  const tree = await remove.call(this, key)
  return tree.entries?.length === 0 ? MST.create(this.storage) : tree
}

let open = null

const writesOf = (writes) =>
  writes.map(({ action, path, record }) => ({
    action,
    ...parseDataKey(path),
    ...(record === undefined ? {} : { record: jsonToLex(record, { strict: true }) }),
  }))

const exportRepo = () => concatBytesAsync(getFullRepo(open.store, open.repo.cid))

// Undoes operations in the order given, on a tree that has a slice's blocks alone.
const invert = async (blocks, data, ops) => {
  let tree = MST.load(new MemoryBlockstore(blocks), data)
  for (const { path, cid, prev } of ops) {
    const found = await tree.get(path)
    demand(textOf(found) === cid, `${path} has ${found} in the tree and not ${cid}`)
  }
  for (const { path, cid, prev } of ops) {
    if (prev === null) tree = await tree.delete(path)
    else if (cid === null) tree = await tree.add(path, cidOf(prev))
    else tree = await tree.update(path, cidOf(prev))
  }
  return tree.getPointer()
}

const requests = {
  // Begins a repository with some records, and returns it whole.
  async open({ did, key, writes }) {
    const keypair = await keypairOf(key)
    const store = new Store()
    const commit = await Repo.formatInitCommit(store, did, keypair, writesOf(writes))
    const repo = await Repo.createFromCommit(store, commit)
    open = { did, keypair, store, repo }
    return {
      key: keypair.did(),
      rev: repo.commit.rev,
      commit: textOf(repo.cid),
      car: base64(await exportRepo()),
    }
  },

  // Makes a commit, and returns its slice and proofs of what some paths have after it.
  async commit({ writes, prove }) {
    const commit = await open.repo.formatCommit(writesOf(writes), open.keypair)
    open.before = open.repo
    open.repo = await open.repo.applyCommit(commit)
    return {
      rev: commit.rev,
      commit: textOf(commit.cid),
      data: textOf(open.repo.commit.data),
      slice: base64(await blocksToCarFile(commit.cid, commit.relevantBlocks)),
      proof: base64(
        await concatBytesAsync(getRecords(open.store, open.repo.cid, prove.map(parseDataKey))),
      ),
    }
  },

  async export() {
    return base64(await exportRepo())
  },

  // Verifies a slice of the newest commit: what each operation says is proven, and undoing them in
  // the order given leads to the tree before.
  async checkSlice({ slice, ops, prevData, asDiff }) {
    const bytes = bytesOf(slice)
    const { root, blocks } = await readCarWithRoot(bytes)
    const commit = def.commit.schema.parse(decode(blocks.get(root)))
    // Signatures are verified with the proofs: this is the very commit that was made here, too.
    demand(root.equals(open.repo.cid), 'the slice is of another commit')
    for (const { path, cid } of ops)
      demand(cid === null || blocks.has(cidOf(cid)), `the record of ${path} is missing`)
    const undone = await invert(blocks, commit.data, ops)
    demand(textOf(undone) === prevData, `undone to ${undone} and not to ${prevData}`)
    if (asDiff) {
      // And as the consumers before there was inversion do: as a difference to what they have.
      const diff = await verifyDiffCar(open.before, bytes, open.did, open.keypair.did())
      const line = ({ action, collection, rkey, cid, prev }) =>
        [
          action,
          formatDataKey(collection, rkey),
          action === 'delete' ? null : textOf(cid),
          textOf(prev) ?? null,
        ].join(' ')
      const expected = ops.map(({ path, cid, prev }) =>
        prev === null
          ? `create ${path} ${cid} `
          : cid === null
            ? `delete ${path}  `
            : `update ${path} ${cid} ${prev}`,
      )
      demand(
        diff.writes.map(line).sort().join('\n') === expected.sort().join('\n'),
        'the difference is another',
      )
    }
  },

  // Verifies proofs of what paths have, or that they have nothing.
  async checkProofs({ proofs }) {
    for (const { proof, path, cid } of proofs) {
      const claim = { ...parseDataKey(path), cid: cidOf(cid) }
      const bytes = bytesOf(proof)
      const { unverified } = await verifyProofs(bytes, [claim], open.did, open.keypair.did())
      demand(unverified.length === 0, `${path} is not proven to have ${cid}`)
    }
  },

  // Verifies a whole repository, which must have just these records.
  async checkRepo({ car, records }) {
    const { creates, commit } = await verifyRepoCar(bytesOf(car), open.did, open.keypair.did())
    demand(commit.cid.equals(open.repo.cid), 'the commit is another')
    const found = creates.map(
      ({ collection, rkey, cid }) => `${formatDataKey(collection, rkey)} ${cid}`,
    )
    demand(found.sort().join('\n') === records.sort().join('\n'), 'the records are others')
  },

  // Signs messages, and verifies signatures made elsewhere; each of `others` must fail.
  async sign({ key, messages, signatures, others }) {
    const keypair = await keypairOf(key)
    const texts = messages.map(bytesOf)
    const holds = (index, signature) =>
      verifySignature(keypair.did(), texts[index], bytesOf(signature))
    for (const [index, signature] of signatures.entries())
      demand(await holds(index, signature), `signature ${index} does not hold`)
    for (const [index, signature] of others.entries()) {
      demand(
        !(await holds(index, signature).catch(() => false)),
        `another signature ${index} holds`,
      )
    }
    const own = await Promise.all(texts.map((text) => keypair.sign(text)))
    return { key: keypair.did(), signatures: own.map(base64) }
  },

  // Encodes values with each of the encoders, and reads ours.
  async encode({ values }) {
    return Promise.all(
      values.map(async ({ json, cbor }) => {
        const lex = jsonToLex(json, { strict: true })
        const block = await dataToCborBlock(lex)
        const plain = dagCbor.encode(plainOf(json))
        demand(same(lexToJson(decode(bytesOf(cbor))), lexToJson(lex)), 'reads as something else')
        return {
          encodings: [encode(lex), cborEncode(lex), block.bytes, plain].map(base64),
          cids: [
            await cidForCbor(lex),
            block.cid,
            CID.createV1(dagCbor.code, await sha256.digest(plain)),
          ].map(textOf),
        }
      }),
    )
  },

  // Judges identifiers.
  async judge({ kind, texts }) {
    return texts.map((text) => judges[kind](text))
  },
}

const judges = {
  atidentifier: syntax.isValidAtIdentifier,
  aturi: syntax.isAtUriString,
  datetime: syntax.isValidDatetime,
  did: syntax.isValidDid,
  handle: syntax.isValidHandle,
  nsid: syntax.isValidNsid,
  recordkey: syntax.isValidRecordKey,
  tid: syntax.isValidTid,
}

// Links and bytes, read without the packages of the protocol.
const plainOf = (json) => {
  if (Array.isArray(json)) return json.map(plainOf)
  if (json === null || typeof json !== 'object') return json
  if (typeof json.$link === 'string') return CID.parse(json.$link)
  if (typeof json.$bytes === 'string') return bytesOf(json.$bytes)
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, plainOf(value)]))
}

const same = (left, right) => {
  if (left === null || typeof left !== 'object') return left === right
  const keys = Object.keys(left)
  return (
    right !== null &&
    Array.isArray(left) === Array.isArray(right) &&
    keys.length === Object.keys(right).length &&
    keys.every((key) => same(left[key], right[key]))
  )
}

// Not `node:readline`, for which U+2028 in a text ends a line.
async function* lines(input) {
  let begun = []
  for await (const chunk of input) {
    let from = 0
    for (let end; (end = chunk.indexOf(10, from)) >= 0; from = end + 1) {
      yield Buffer.concat([...begun, chunk.subarray(from, end)]).toString()
      begun = []
    }
    begun.push(chunk.subarray(from))
  }
}

for await (const line of lines(process.stdin)) {
  let reply
  try {
    const { request, ...body } = JSON.parse(line)
    reply = { ok: (await requests[request](body)) ?? null }
  } catch (error) {
    reply = { error: error.stack ?? String(error) }
  }
  process.stdout.write(JSON.stringify(reply) + '\n')
}
