// Somebody with an account, and a model of all that is in it: what has to be there after each move.

import { createHash } from 'node:crypto'

import { chance, check, equal } from '../ground.mjs'

const POST = 'app.bsky.feed.post'
const LIKE = 'app.bsky.feed.like'
const FILE = 'test.pagurus.file'
const BATCH = 100
const letters = 'abcdefghijklmnopqrstuvwxyz234567'

/** The CID of a blob, by our own reckoning. */
export const cidOf = (bytes) => {
  const hash = createHash('sha256').update(bytes).digest()
  const bits = [...Buffer.from([0x01, 0x55, 0x12, 0x20]), ...hash]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
  return `b${bits
    .match(/.{1,5}/g)
    .map((five) => letters[parseInt(five.padEnd(5, '0'), 2)])
    .join('')}`
}

const jpeg = (tail) => Buffer.concat([Buffer.from('ffd8ffe000104a46494600010100', 'hex'), tail])
const mp4 = (tail) => Buffer.concat([Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isomiso2'), tail])
const heic = (tail) => Buffer.concat([Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), tail])
const text = (beginning) => (tail) => Buffer.from(`${beginning}\n${tail.toString('hex')}\n`)

// Media types of files that are in old accounts, and how such files begin.
const FILES = [
  ['image/svg+xml', text('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ['application/x-subrip', text('1\n00:00:00,000 --> 00:00:01,000\nhello')],
  ['application/json', (tail) => Buffer.from(JSON.stringify({ some: tail.toString('hex') }))],
  ['text/plain', text('only text')],
  ['text/html', text('<!doctype html><script>alert(1)</script>')],
  ['application/octet-stream', (tail) => Buffer.concat([Buffer.from([1, 2, 3, 0]), tail])],
  ['text/vtt', text('WEBVTT\n')],
  ['image/heic', heic],
  // What tools have made of others in earlier moves.
  ['*/*', (tail) => Buffer.concat([Buffer.from([4, 5, 6, 0]), tail])],
]

const PREFERENCES = [
  { $type: 'app.bsky.actor.defs#adultContentPref', enabled: true },
  { $type: 'app.bsky.actor.defs#contentLabelPref', label: 'nudity', visibility: 'warn' },
  { $type: 'app.bsky.actor.defs#contentLabelPref', label: 'graphic-media', visibility: 'hide' },
  {
    $type: 'app.bsky.actor.defs#savedFeedsPrefV2',
    items: [
      { id: '3jqfcqzm3fo2j', type: 'timeline', value: 'following', pinned: true },
      { id: '3jqfcqzm3fp2j', type: 'feed', value: 'at://did:web:example.com/app.bsky.feed.generator/a', pinned: false },
    ],
  },
  { $type: 'app.bsky.actor.defs#personalDetailsPref', birthDate: '1990-02-03T00:00:00.000Z' },
  {
    $type: 'app.bsky.actor.defs#mutedWordsPref',
    items: [{ id: '3jqfcqzm3fq2j', value: 'spoilers – ünïcode', targets: ['content', 'tag'], actorTarget: 'all' }],
  },
  { $type: 'app.bsky.actor.defs#hiddenPostsPref', items: ['at://did:web:example.com/app.bsky.feed.post/a'] },
  { $type: 'app.bsky.actor.defs#labelersPref', labelers: [{ did: 'did:web:example.com' }] },
  { $type: 'app.bsky.actor.defs#threadViewPref', sort: 'oldest', prioritizeFollowedUsers: true },
  { $type: 'app.bsky.actor.defs#unheardOfPref', nested: { list: [1, 'two', null, { three: false }] } },
]

const run = Date.now().toString(36).slice(-6)
let persons = 0

/** Preferences in an order of our own, without the one that each server derives. */
const sorted = (preferences) => {
  const plain = (value) => {
    if (Array.isArray(value)) return value.map(plain)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, plain(value[key])]),
    )
  }
  const kept = preferences.filter(({ $type }) => $type !== 'app.bsky.actor.defs#declaredAgePref')
  return kept.map((each) => JSON.stringify(plain(each))).sort()
}

export class Person {
  /** Signs up at a server. */
  static async begin(host, salt = 0) {
    const person = new Person(salt)
    const { handle, email } = person
    const password = person.newPassword(host)
    const input = { handle, email, password }
    const { did, accessJwt } = await host.ask('com.atproto.server.createAccount', { input })
    person.did = did
    person.tokens.set(host, accessJwt)
    person.host = host
    return person
  }

  constructor(salt) {
    this.random = chance(100 + salt)
    const name = `m${run}${(persons++).toString(36)}`
    this.handle = `${name}.test`
    this.email = `${name}@example.com`
    this.tokens = new Map()
    this.passwords = new Map()
    // Path to CID.
    this.records = new Map()
    // Path to the CIDs of its blobs, and CID to media type.
    this.references = new Map()
    this.types = new Map()
    this.gone = []
    this.clock = 1_700_000_000_000
    this.made = 0
  }

  newPassword(host) {
    const password = `password ${this.passwords.size} of ${this.handle} at ${host.url}`
    this.passwords.set(host, password)
    return password
  }

  token(host = this.host) {
    return this.tokens.get(host)
  }

  /** The CIDs of all blobs that records name, in order. */
  get blobs() {
    return [...new Set([...this.references.values()].flat())].sort()
  }

  now() {
    return new Date((this.clock += 1000)).toISOString()
  }

  bytes() {
    const tail = Buffer.alloc(8 + this.random.below(9_000))
    for (let at = 0; at + 4 <= tail.length; at += 4) tail.writeUInt32LE(this.random.below(2 ** 32), at)
    tail.writeUInt32LE((this.made += 1))
    return tail
  }

  /** Uploads a blob to where the person is. */
  async upload(type, shape) {
    const bytes = shape(this.bytes())
    const { blob } = await this.host.ask('com.atproto.repo.uploadBlob', { bytes, type, token: this.token() })
    equal([blob.ref.$link, blob.mimeType], [cidOf(bytes), type], 'a blob is what was uploaded')
    return blob
  }

  /** Makes records, and remembers what has become of them: pairs of a collection, or a path, and one. */
  async create(pairs) {
    for (let at = 0; at < pairs.length; at += BATCH) {
      const batch = pairs.slice(at, at + BATCH)
      const writes = batch.map(([where, record]) => {
        const [collection, rkey] = where.split('/')
        const value = { $type: collection, ...record }
        return { $type: 'com.atproto.repo.applyWrites#create', collection, rkey, value }
      })
      const { results } = await this.apply(writes)
      for (const [index, { uri, cid }] of results.entries()) {
        const path = uri.slice(`at://${this.did}/`.length)
        this.records.set(path, cid)
        const blobs = blobsIn(batch[index][1])
        for (const { ref, mimeType } of blobs) this.types.set(ref.$link, mimeType)
        if (blobs.length > 0)
          this.references.set(
            path,
            blobs.map(({ ref }) => ref.$link),
          )
      }
    }
  }

  apply(writes) {
    const input = { repo: this.did, writes }
    return this.host.ask('com.atproto.repo.applyWrites', { input, token: this.token() })
  }

  async remove(paths) {
    const writes = paths.map((path) => {
      const [collection, rkey] = path.split('/')
      return { $type: 'com.atproto.repo.applyWrites#delete', collection, rkey }
    })
    await this.apply(writes)
    for (const path of paths) {
      this.records.delete(path)
      this.references.delete(path)
      this.gone.push(path)
    }
  }

  post(more) {
    const text = `${this.random.word(5)} – ${this.random.word(1 + this.random.below(200))} 🦀`
    return [POST, { text, createdAt: this.now(), langs: ['en'], ...more }]
  }

  like() {
    const [uri, cid] = this.random.of([...this.records].filter(([path]) => path.startsWith(POST)))
    const subject = { uri: `at://${this.did}/${uri}`, cid }
    return [LIKE, { subject: { ...subject, uri: `${subject.uri}${this.made++}` }, createdAt: this.now() }]
  }

  /** Fills a new account with so many records and blobs. */
  async fill(records, blobs) {
    const images = async (count) => {
      const list = []
      for (let each = 0; each < count; each += 1) list.push(await this.upload('image/jpeg', jpeg))
      return list
    }
    const [avatar, banner, cover, video, still] = [
      ...(await images(3)),
      await this.upload('video/mp4', mp4),
      (await images(1))[0],
    ]
    const captions = await this.upload('text/vtt', text('WEBVTT\n'))
    await this.create([
      ['app.bsky.actor.profile/self', { displayName: 'Somebody', description: 'moves', avatar, banner }],
      [
        'app.bsky.graph.list/3jqfcqzm3fo2j',
        { name: 'a list', purpose: 'app.bsky.graph.defs#curatelist', avatar: cover, createdAt: this.now() },
      ],
      this.post({ embed: { $type: 'app.bsky.embed.video', video, captions: [{ lang: 'en', file: captions }] } }),
      this.post({
        embed: {
          $type: 'app.bsky.embed.images',
          images: [
            { alt: '', image: still },
            { alt: 'again', image: avatar },
          ],
        },
      }),
    ])
    await this.create(await this.files())
    const list = `at://${this.did}/app.bsky.graph.list/3jqfcqzm3fo2j`
    const pairs = []
    while (this.types.size + pairs.length < blobs) {
      const [image] = await images(1)
      pairs.push(this.post({ embed: { $type: 'app.bsky.embed.images', images: [{ alt: 'an image', image }] } }))
    }
    await this.create(pairs)
    const rest = Array.from({ length: Math.max(0, records - this.records.size) }, () => {
      const subject = `did:plc:${Array.from({ length: 24 }, () => this.random.of([...letters])).join('')}`
      const createdAt = this.now()
      return this.random.of([
        () => this.post(),
        () => this.post(),
        () => this.like(),
        () => ['app.bsky.graph.follow', { subject, createdAt }],
        () => ['app.bsky.graph.listitem', { subject, list, createdAt }],
        () => ['test.pagurus.unknown', { anything: [{ [this.random.word(3)]: null }, -this.made], createdAt }],
      ])()
    })
    await this.create(rest)
    this.preferences = PREFERENCES
    await this.savePreferences(this.host)
  }

  /** A record for each media type that is seldom seen. */
  async files() {
    const pairs = []
    for (const [type, shape] of FILES)
      pairs.push([FILE, { file: await this.upload(type, shape), name: type, createdAt: this.now() }])
    return pairs
  }

  /** Does a little of everything, and removes some of what was there. */
  async live(turns = 3) {
    for (let turn = 0; turn < turns; turn += 1) {
      await this.create([this.post(), this.like(), this.post()])
      const image = await this.upload('image/jpeg', jpeg)
      await this.create([this.post({ embed: { $type: 'app.bsky.embed.images', images: [{ alt: '', image }] } })])
      const file = this.random.of(FILES)
      await this.create([[FILE, { file: await this.upload(...file), name: file[0], createdAt: this.now() }]])
      const removable = [...this.records.keys()].filter((path) => !path.endsWith('/self') && !path.includes('.list/'))
      const paths = new Set([this.random.of(removable), this.random.of(removable)])
      const withBlob = [...this.references.keys()].filter((path) => removable.includes(path))
      if (withBlob.length > 4) paths.add(this.random.of(withBlob))
      await this.remove([...paths])
    }
  }

  async savePreferences(host) {
    const input = { preferences: this.preferences }
    await host.ask('app.bsky.actor.putPreferences', { input, token: this.token(host) })
  }

  async checkPreferences(host, claim) {
    const { preferences } = await host.ask('app.bsky.actor.getPreferences', { token: this.token(host) })
    equal(sorted(preferences), sorted(this.preferences), claim)
  }

  /** Logs in with the password that the person has there. */
  async logIn(host) {
    const input = { identifier: this.did, password: this.passwords.get(host) }
    const { did, accessJwt } = await host.ask('com.atproto.server.createSession', { input })
    check(did === this.did, 'a session is the one of who logs in', did)
    this.tokens.set(host, accessJwt)
  }
}

const blobsIn = (value) => {
  if (value === null || typeof value !== 'object') return []
  if (value.$type === 'blob') return [value]
  return Object.values(value).flatMap(blobsIn)
}
