// Writes by chance to several accounts, and a model of what they leave: every consumer of events
// must arrive at the same.

import { ask, chance, check, equal, signUp } from './ground.mjs'

const POST = 'app.bsky.feed.post'
const collections = [POST, 'app.bsky.feed.like', 'app.bsky.graph.follow', 'test.pagurus.peer']
const letters = '234567abcdefghijklmnopqrstuvwxyz'

/** Accounts and what was written to them. */
export class Workload {
  /** Signs up `count` accounts. */
  static async begin(count, salt = 0) {
    const accounts = []
    for (let each = 0; each < count; each += 1) accounts.push(await signUp('w'))
    return new Workload(accounts, salt)
  }

  constructor(accounts, salt) {
    this.accounts = accounts
    this.random = chance(salt)
    this.calls = 0
    // For each account: path to CID.
    this.records = new Map(accounts.map(({ did }) => [did, new Map()]))
    // For each record, by AT URI: the operations on it, in order.
    this.history = new Map()
    // The CIDs and revs of the commits that the server said it made.
    this.commits = new Map()
    this.tick = BigInt(Date.now() - 1_000_000) * 1000n
  }

  get dids() {
    return this.accounts.map(({ did }) => did)
  }

  /** How many operations on records were made. */
  get operations() {
    let sum = 0
    for (const list of this.history.values()) sum += list.length
    return sum
  }

  // A TID that the client chose, anywhere in the tree: the order of keys is not that of writing.
  tid() {
    this.tick += BigInt(1 + this.random.below(5_000_000)) - 2_500_000n
    let value = (this.tick << 10n) | BigInt(this.random.below(1024))
    let text = ''
    for (let each = 0; each < 13; each += 1, value >>= 5n) text = letters[value & 31n] + text
    return text
  }

  record(collection) {
    const createdAt = new Date(1_700_000_000_000 + this.random.below(1e9)).toISOString()
    const did = this.random.of(this.dids)
    const text = this.random.word(1 + this.random.below(250))
    switch (collection) {
      case POST:
        return { $type: POST, text, createdAt, langs: ['en'] }
      case 'app.bsky.feed.like': {
        // Never the same subject twice: the server may remove the earlier like then.
        const cid = 'bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454'
        const subject = { uri: `at://${did}/${POST}/${this.tid()}`, cid }
        return { $type: collection, subject, createdAt }
      }
      case 'app.bsky.graph.follow':
        return { $type: collection, subject: `did:web:${this.random.word(20)}.test`, createdAt }
      default:
        return { $type: collection, text, count: this.random.below(2 ** 31), none: null, many: [1, {}] }
    }
  }

  // What the next writes are: kind, path and record. No path twice.
  plan(did, count) {
    const here = this.records.get(did)
    const planned = new Map()
    while (planned.size < count) {
      const kind = this.random.of(['create', 'create', 'create', 'update', 'delete'])
      if (kind === 'create') {
        const collection = this.random.of(collections)
        const rkey = this.random.below(2) ? this.tid() : undefined
        const path = `${collection}/${rkey ?? `new ${planned.size}`}`
        if (!here.has(path)) planned.set(path, { kind, collection, rkey, value: this.record(collection) })
      } else if (here.size > 0) {
        const path = this.random.of([...here.keys()])
        const [collection, rkey] = path.split('/')
        const value = kind === 'update' ? this.record(collection) : undefined
        planned.set(path, { kind, collection, rkey, value })
      }
    }
    return [...planned.values()]
  }

  note(did, kind, path, cid) {
    const uri = `at://${did}/${path}`
    const list = this.history.get(uri) ?? []
    if (list.length === 0) this.history.set(uri, list)
    list.push({ kind, cid: cid ?? null })
    if (kind === 'delete') this.records.get(did).delete(path)
    else this.records.get(did).set(path, cid)
  }

  noteCommit(did, commit, claim) {
    check(commit?.cid && commit?.rev, claim, commit)
    this.commits.set(commit.cid, { did, rev: commit.rev })
  }

  async one({ did, token }, { kind, collection, rkey, value }) {
    const input = { repo: did, collection, rkey, record: value }
    if (kind === 'delete') {
      const { commit } = await ask('com.atproto.repo.deleteRecord', { input, token })
      this.noteCommit(did, commit, 'deleteRecord says which commit it made')
      return this.note(did, kind, `${collection}/${rkey}`)
    }
    const method = kind === 'create' ? 'createRecord' : 'putRecord'
    const { uri, cid, commit } = await ask(`com.atproto.repo.${method}`, { input, token })
    this.noteCommit(did, commit, `${method} says which commit it made`)
    const start = `at://${did}/`
    check(uri.startsWith(start + collection), `${method} says where the record is`, uri)
    if (rkey) equal(uri, `${start}${collection}/${rkey}`, `${method} uses the key it was given`)
    this.note(did, kind, uri.slice(start.length), cid)
  }

  async batch({ did, token }, planned) {
    const writes = planned.map(({ kind, collection, rkey, value }) => ({
      $type: `com.atproto.repo.applyWrites#${kind}`,
      collection,
      rkey,
      value,
    }))
    const input = { repo: did, writes }
    const { commit, results } = await ask('com.atproto.repo.applyWrites', { input, token })
    this.noteCommit(did, commit, 'applyWrites says which commit it made')
    equal(results.length, writes.length, 'applyWrites has a result for each write')
    for (const [index, { kind, collection, rkey }] of planned.entries()) {
      const { $type, uri, cid } = results[index]
      equal($type, `com.atproto.repo.applyWrites#${kind}Result`, 'a result is of its write')
      const path = kind === 'delete' ? `${collection}/${rkey}` : uri.slice(`at://${did}/`.length)
      check(path.startsWith(`${collection}/`), 'results are in the order of the writes', path)
      this.note(did, kind, path, cid)
    }
  }

  // One turn on one account: a single write, some at once, a batch, or one that changes nothing.
  async turn(account) {
    const kind = this.random.below(12)
    if (kind < 6) await this.one(account, this.plan(account.did, 1)[0])
    else if (kind < 8)
      await Promise.all(this.plan(account.did, 4).map((write) => this.one(account, write)))
    else if (kind < 11) await this.batch(account, this.plan(account.did, 1 + this.random.below(30)))
    else await this.nothing(account)
    this.calls += 1
  }

  // Two writes that change nothing, so that nobody may hear of them.
  async nothing({ did, token }) {
    const here = this.records.get(did)
    const input = { repo: did, collection: POST, rkey: 'absent' }
    const gone = await ask('com.atproto.repo.deleteRecord', { input, token })
    check(!gone.commit, 'deleting what is not there makes no commit', gone)
    if (here.size === 0) return
    const [path, cid] = this.random.of([...here])
    const [collection, rkey] = path.split('/')
    const params = { repo: did, collection, rkey }
    const { value } = await ask('com.atproto.repo.getRecord', { params })
    const put = await ask('com.atproto.repo.putRecord', {
      input: { repo: did, collection, rkey, record: value },
      token,
    })
    equal(put.cid, cid, 'putting the same record gives the same CID')
    check(!put.commit, 'putting the same record makes no commit', put)
  }

  /** Takes `turns` turns, accounts side by side, until there were `operations` at least. */
  async write(operations, beside = 4) {
    const goal = this.operations + operations
    const free = [...this.accounts]
    const worker = async () => {
      while (this.operations < goal) {
        const [account] = free.splice(this.random.below(free.length), 1)
        await this.turn(account)
        free.push(account)
      }
    }
    await Promise.all(Array.from({ length: Math.min(beside, free.length) }, worker))
  }
}
