// Things that are in old accounts and that no server takes any more, put there by an import into the
// reference server, which looks at little.

import { createHash } from 'node:crypto'

import { MST, MemoryBlockstore, blocksToCarFile, cborToLexRecord } from '@atproto/repo'

import { exported, head } from './repository.mjs'
import { cidOf } from './person.mjs'

const POST = 'app.bsky.feed.post'
const ODD = 'test.pagurus.odd'

/** The link to these bytes of CBOR. */
const linkTo = (bytes) => {
  const hash = createHash('sha256').update(bytes).digest()
  const tagged = Buffer.concat([Buffer.from('a1616cd82a58250001711220', 'hex'), hash])
  return cborToLexRecord(tagged).l
}

const string = (value) => {
  const bytes = Buffer.from(value)
  return Buffer.concat([
    bytes.length < 24 ? Buffer.from([0x60 + bytes.length]) : Buffer.from([0x78, bytes.length]),
    bytes,
  ])
}

/** A map with its keys in the order they come. */
const map = (...entries) =>
  Buffer.concat([Buffer.from([0xa0 + entries.length]), ...entries.flatMap(([key, value]) => [string(key), value])])

const large = (size) =>
  Buffer.concat([Buffer.from([0x5a, ...[24, 16, 8, 0].map((bits) => (size >> bits) & 255)]), Buffer.alloc(size, 7)])

/** Records as bytes, by their paths; `image` is an uploaded blob that one of them names the old way. */
const records = (image) => {
  const legacy = map(['cid', string(image)], ['mimeType', string('image/jpeg')])
  const images = Buffer.concat([Buffer.from([0x81]), map(['alt', string('old')], ['image', legacy])])
  const embed = map(['$type', string('app.bsky.embed.images')], ['images', images])
  const createdAt = ['createdAt', string('2023-01-01T00:00:00.000Z')]
  const type = (name) => ['$type', string(name)]
  return new Map([
    // In the order that the protocol wants: shorter keys first.
    [`${POST}/3jqfcqzm3fr2j`, map(['text', string('old')], type(POST), ['embed', embed], createdAt)],
    [`${ODD}/unsorted`, map(type(ODD), ['zz', Buffer.from([1])], ['b', Buffer.from([2])], ['a', Buffer.from([3])])],
    [`${ODD}/float`, map(['f', Buffer.from('fb3ff8000000000000', 'hex')], type(ODD))],
    [`${ODD}/large`, map(type(ODD), ['bytes', large(1_200_000)])],
    [`${ODD}/untyped`, map(['a', Buffer.from([1])])],
    [`${ODD}/Name_with~all.signs:in-it`, map(type(ODD))],
  ])
}

/** Puts such records into the account of a person who is at a reference server. */
export const makeOdd = async (person) => {
  const { host, did } = person
  const bytes = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.from(`old ${did}`)])
  const image = cidOf(bytes)
  const odd = records(image)
  const { blocks, root, commit } = await head(await exported(host, did))
  let tree = MST.load(new MemoryBlockstore(blocks), commit.data)
  for (const [path, record] of odd) {
    const link = linkTo(record)
    blocks.set(link, record)
    tree = await tree.add(path, link)
    person.records.set(path, link.toString())
  }
  const fresh = await tree.getUnstoredBlocks()
  blocks.addMap(fresh.blocks)
  blocks.delete(root)
  const car = await blocksToCarFile(await blocks.add({ ...commit, data: fresh.root }), blocks)
  await host.ask('com.atproto.repo.importRepo', { bytes: car, type: 'application/vnd.ipld.car', token: person.token() })
  await host.ask('com.atproto.repo.uploadBlob', { bytes, type: 'image/jpeg', token: person.token() })
  person.references.set(`${POST}/3jqfcqzm3fr2j`, [image])
  person.types.set(image, 'image/jpeg')
  // The next commit is signed as it should be.
  await person.create([person.post()])
}
