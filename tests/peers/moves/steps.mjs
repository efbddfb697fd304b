// The steps by which an account moves, as the tools do them. `styles` are the tools' habits.

import { ask, attempt, check, equal, signingKey, plc, until } from '../ground.mjs'
import {
  checkBlobs,
  checkLists,
  checkMissing,
  checkRepository,
  exported,
  getBlob,
  head,
  listBlobs,
  missing,
} from './repository.mjs'
import { commitIn, isSigned } from './stream.mjs'

const CREATE = 'com.atproto.server.createAccount'

/** How tools differ. */
export const styles = {
  // Uploads what is missing, with the type that the old host says, and does not know how long archives are.
  moover: { name: 'moover', streams: true, headers: { origin: 'https://pdsmoover.example' } },
  // Uploads all that the old host lists, as anything, and logs in again.
  goat: { name: 'goat', everything: true, type: '*/*', headers: { 'user-agent': 'goat' } },
  // Passes by limits, and logs in again.
  bypass: { name: 'bypass', headers: { 'x-ratelimit-bypass': 'key' }, logIn: true },
}

/** The operations of a DID in the directory. */
export const operations = async (did) => (await fetch(`${plc}/${did}/log`)).json()

/** A token by which the person's host says who it is. */
export const serviceToken = async (person, to, { lxm = CREATE, aud = to.did } = {}) => {
  const exp = Math.floor(Date.now() / 1000) + 60
  const params = { aud, lxm, exp }
  return (await person.host.ask('com.atproto.server.getServiceAuth', { params, token: person.token() })).token
}

export const createAccountInput = (person, password) => ({
  did: person.did,
  handle: person.handle,
  email: person.email,
  password,
})

/** An account of one person on its way from one server to another. */
export class Move {
  constructor(person, to, style = styles.moover) {
    this.person = person
    this.from = person.host
    this.to = to
    this.style = style
    this.headers = style.headers
  }

  get did() {
    return this.person.did
  }

  /** Asks the new host as the person. */
  there(nsid, options) {
    return this.to.ask(nsid, { token: this.person.token(this.to), headers: this.headers, ...options })
  }

  /** Asks the old host as the person. */
  here(nsid, options) {
    return this.from.ask(nsid, { token: this.person.token(this.from), headers: this.headers, ...options })
  }

  /** An account that sleeps, new, or the one of an earlier stay. */
  async begin() {
    this.keyBefore = await signingKey(this.did)
    this.heard = this.to.stream.of(this.did).length
    const returns = this.person.passwords.has(this.to)
    if (returns && this.to.isReference) return this.person.logIn(this.to)
    const password = this.person.newPassword(this.to)
    const input = createAccountInput(this.person, password)
    const token = await serviceToken(this.person, this.to)
    const made = await this.to.ask(CREATE, { input, token, headers: this.headers })
    equal([made.did, made.handle], [this.did, this.person.handle], 'the account is the same')
    this.person.tokens.set(this.to, made.accessJwt)
    if (this.style.everything || this.style.logIn) await this.person.logIn(this.to)
    const session = await this.there('com.atproto.server.getSession')
    equal([session.did, session.active, session.status], [this.did, false, 'deactivated'], 'it sleeps')
  }

  /** Brings what is new since the last time, or all. */
  async bringRepository() {
    const since = this.brought?.rev
    const bytes = await exported(this.from, this.did, { since, token: this.person.token(this.from) })
    const at = await head(bytes)
    check(!since || at.rev > since, 'there is something new', { since, rev: at.rev })
    const type = 'application/vnd.ipld.car'
    const body = this.style.streams ? new Blob([bytes]).stream() : bytes
    await this.there('com.atproto.repo.importRepo', { bytes: body, type })
    this.brought = { rev: at.rev, data: at.data, cid: at.cid }
  }

  /** The new host has the records, and the same tree. */
  async checkRoot() {
    const token = this.person.token(this.to)
    const found = await checkRepository(this.to, this.person, { token })
    equal(found.data, this.brought.data, 'the root of the data is the same')
  }

  async bringBlob(cid) {
    const { status, headers, body } = await getBlob(this.from, this.did, cid, this.person.token(this.from))
    // Tools go on without what a host lists and does not have.
    if (status !== 200 && !this.person.blobs.includes(cid)) return
    equal(status, 200, 'the old host has the blob')
    const type = this.style.type ?? headers.get('content-type')
    const { blob } = await this.there('com.atproto.repo.uploadBlob', { bytes: body, type })
    equal(blob.ref.$link, cid, 'the new host gets the same')
  }

  /** Brings some blobs, or all, and looks in between whether the list of missing ones is right. */
  async bringBlobs({ half = false } = {}) {
    const absent = await checkMissing(this.to, this.person)
    const some = this.style.everything ? await listBlobs(this.from, this.person) : absent
    const cids = half ? some.slice(0, Math.ceil(some.length / 2)) : some
    const queue = [...cids]
    const worker = async () => {
      for (let cid = queue.pop(); cid; cid = queue.pop()) await this.bringBlob(cid)
    }
    await Promise.all(Array.from({ length: 4 }, worker))
    const left = await checkMissing(this.to, this.person)
    equal(
      left,
      absent.filter((cid) => !cids.includes(cid)),
      'what was brought is not missing, the rest is',
    )
    return cids.length
  }

  async bringPreferences() {
    const { preferences } = await this.here('app.bsky.actor.getPreferences')
    const kept = preferences.filter(({ $type }) => $type !== 'app.bsky.actor.defs#declaredAgePref')
    await this.there('app.bsky.actor.putPreferences', { input: { preferences: kept } })
    await this.person.checkPreferences(this.to, 'preferences are the same')
  }

  async checkStatus({ activated, validDid }) {
    const status = await this.there('com.atproto.server.checkAccountStatus')
    equal([status.activated, status.validDid], [activated, validDid], 'the state is right')
    equal(status.indexedRecords, this.person.records.size, 'all records are counted')
    check(status.importedBlobs >= this.person.blobs.length, 'blobs that are there are counted', status)
    // The reference also counts those of records that an import has removed.
    const holds = this.to.isReference
      ? status.expectedBlobs >= this.person.blobs.length
      : status.expectedBlobs === this.person.blobs.length
    check(holds, 'and those that should be', [status.expectedBlobs, this.person.blobs.length])
    return status
  }

  /** Has the old host sign who the account is now, and the new host tell the directory. */
  async changeIdentity() {
    const recommended = await this.there('com.atproto.identity.getRecommendedDidCredentials')
    const before = await operations(this.did)
    const token = await this.from.newMail(this.person.email, () =>
      this.here('com.atproto.identity.requestPlcOperationSignature', { bytes: '' }),
    )
    const input = { ...recommended, token }
    const { operation } = await this.here('com.atproto.identity.signPlcOperation', { input })
    equal((await operations(this.did)).length, before.length, 'a signature alone changes nothing')
    await this.there('com.atproto.identity.submitPlcOperation', { input: { operation } })
    this.keyAfter = await signingKey(this.did)
    check(this.keyAfter !== this.keyBefore, 'the key is another')
    equal(this.keyAfter, recommended.verificationMethods.atproto, 'and the one of the new host')
    if (!this.to.isReference) {
      await this.there('com.atproto.identity.submitPlcOperation', { input: { operation } })
      equal((await operations(this.did)).length, before.length + 1, 'an operation counts once')
    }
  }

  /** Nobody has heard of the account at the new host. */
  async checkSilence(bystander) {
    await catchUp(this.to, bystander)
    const heard = this.to.stream.of(this.did).slice(this.heard)
    this.heard += heard.length
    const expected = this.to.isReference ? ['identity'] : []
    equal(
      heard.map(({ kind }) => kind),
      expected,
      'nothing is said before the account is active',
    )
  }

  async activate() {
    await this.there('com.atproto.server.activateAccount', { bytes: '' })
    this.person.host = this.to
  }

  /** The new host says that the account is there, who it is, and where it continues. */
  async checkBeginning() {
    const events = await until('the new host speaks', () => {
      const events = this.to.stream.of(this.did).slice(this.heard)
      return events.length >= 3 && events
    })
    equal(
      events.map(({ kind }) => kind),
      ['account', 'identity', 'sync'],
      'in this order',
    )
    const [account, identity, sync] = events
    equal([account.body.active, account.body.status], [true, undefined], 'the account is active')
    equal(identity.body.handle, this.person.handle, 'under its name')
    const { commit, root, blocks } = await commitIn(sync)
    equal([commit.did, blocks.size], [this.did, 1], 'its commit comes alone')
    equal(commit.data.toString(), this.brought.data, 'and has the data that was brought')
    this.sync = { rev: commit.rev, data: commit.data.toString() }
    // The reference goes on with the commit of the old host, and says another rev.
    if (this.to.isReference) return
    equal(sync.body.rev, commit.rev, 'the rev is the one of the commit')
    check(await isSigned(commit, this.keyAfter), 'the new key has signed it')
    const revs = this.from.stream.of(this.did).map(({ body }) => body.rev ?? '')
    const last = [this.brought.rev, ...revs].sort().at(-1)
    check(commit.rev > last, 'it is newer than all that the old host has said', [last, commit.rev])
    const latest = await ask('com.atproto.sync.getLatestCommit', { params: { did: this.did }, url: this.to.url })
    equal(latest, { cid: root, rev: commit.rev }, 'it is the newest')
  }

  /** Commits follow one another without a gap, each signed by the key of the host. */
  async checkCommits() {
    const events = this.to.stream.of(this.did)
    const from = events.findLastIndex(({ kind }) => kind === 'sync')
    let { rev, data } = this.sync
    const commits = events.slice(from + 1)
    check(
      commits.length > 0 && commits.every(({ kind }) => kind === 'commit'),
      'commits follow',
      commits.map(({ kind }) => kind),
    )
    for (const event of commits) {
      const { commit, root } = await commitIn(event)
      equal(event.body.since, rev, 'a commit says what it follows')
      equal(event.body.prevData?.toString(), data, 'and upon which data')
      check(commit.rev > rev, 'revs rise', [rev, commit.rev])
      equal([event.body.rev, event.body.commit.toString()], [commit.rev, root], 'an event says what its commit does')
      check(await isSigned(commit, this.keyAfter), 'a commit is signed by the new key')
      ;[rev, data] = [commit.rev, commit.data.toString()]
    }
    const { cid, rev: latest } = await this.to.ask('com.atproto.sync.getLatestCommit', { params: { did: this.did } })
    equal([latest, cid], [rev, (await commitIn(commits.at(-1))).root], 'the last of them is the newest')
  }

  /** The person lives at the new host. */
  async live(bystander) {
    await this.person.live()
    const key = await signingKey(this.did)
    equal(key, this.keyAfter, 'the key stays')
    await checkRepository(this.to, this.person, { key })
    await checkLists(this.to, this.person)
    await checkBlobs(this.to, this.person)
    await catchUp(this.to, bystander)
    await this.checkCommits()
  }

  /** The old host is told last, and still gives its owner what it has. */
  async leave() {
    const gone = this.from.stream.of(this.did).length
    const before = await exported(this.from, this.did)
    await this.here('com.atproto.server.deactivateAccount', { input: {} })
    const [event, ...more] = await until('the old host says so', () => {
      const events = this.from.stream.of(this.did).slice(gone)
      return events.length > 0 && events
    })
    equal(
      [event.kind, event.body.active, event.body.status, more.length],
      ['account', false, 'deactivated', 0],
      'and no more',
    )
    const refusal = await this.from.call('com.atproto.sync.getRepo', { params: { did: this.did } })
    equal([refusal.status, refusal.body.error], [400, 'RepoDeactivated'], 'nobody reads there any more')
    const token = this.person.token(this.from)
    const after = await head(await exported(this.from, this.did, { token }))
    equal(after.cid, (await head(before)).cid, 'but its owner does')
    await this.checkOldBlobs(token)
    await this.checkDormant()
  }

  /** What sleeps at the old host says so to its owner, and neither changes nor wakes. */
  async checkDormant() {
    const look = () => this.here('com.atproto.server.checkAccountStatus')
    const before = await look()
    equal([before.activated, before.validDid], [false, false], 'the old account sleeps')
    await this.here('com.atproto.repo.listMissingBlobs')
    await this.here('com.atproto.identity.getRecommendedDidCredentials')
    const token = this.person.token(this.from)
    const waking = await this.from.call('com.atproto.server.activateAccount', { bytes: '', token })
    equal([waking.status, waking.body.error], [400, 'InvalidRequest'], 'it does not wake while it is elsewhere')
    const input = { repo: this.did, collection: 'test.pagurus.late', record: { $type: 'test.pagurus.late' } }
    const writing = await this.from.call('com.atproto.repo.createRecord', { input, token })
    check(writing.status >= 400 && /Deactivated/.test(writing.body.error), 'nor is it written to', writing.body)
    equal(await look(), before, 'nothing has changed')
  }

  async checkOldBlobs(token) {
    for (const cid of this.oldBlobs.slice(0, 20)) {
      const open = await getBlob(this.from, this.did, cid)
      equal(open.status, 400, 'blobs are not for all')
      const own = await getBlob(this.from, this.did, cid, token)
      equal(own.status, 200, 'but for the owner')
    }
  }
}

/** Waits until all that a server has said until now is heard. */
export const catchUp = async (host, bystander, stream = host.stream) => {
  const record = { $type: 'test.pagurus.canary', at: Date.now() }
  const input = { repo: bystander.did, collection: record.$type, record }
  const { uri } = await host.ask('com.atproto.repo.createRecord', { input, token: bystander.token(host) })
  const path = uri.split('/').slice(-2).join('/')
  const isIt = ({ did, body }) => did === bystander.did && body.ops?.some((op) => op.path === path)
  await until('all is heard', () => stream.events.some(isIt))
}

/** The whole way from one server to another, with life going on at the old one. */
export const move = async (person, to, style, bystander) => {
  const move = new Move(person, to, style)
  await move.begin()
  // Before there is anything that would name it.
  const early = to.isReference ? null : person.blobs.find((cid) => person.types.get(cid) === 'image/jpeg')
  if (early) await move.bringBlob(early)
  await move.bringRepository()
  await move.checkRoot()
  if (early) check(!(await missing(to, person)).includes(early), 'a blob that came early is there')
  await move.bringBlobs({ half: true })
  const way = `${move.from.name} to ${to.name}`
  await attempt(`${way}: preferences`, () => move.bringPreferences())
  // What happens meanwhile at the old host is brought as well.
  for (let turn = 0; turn < 2; turn += 1) {
    await person.live(1)
    await move.bringRepository()
    await move.checkRoot()
  }
  await move.bringBlobs()
  equal(await missing(to, person), [], 'nothing is missing in the end')
  const { importedBlobs } = await move.checkStatus({ activated: false, validDid: false })
  // The reference counts whatever was uploaded.
  if (!to.isReference)
    await attempt(`${way}: blobs that no record names are not counted`, async () =>
      equal(importedBlobs, person.blobs.length, 'as many are there as should be'),
    )
  await move.changeIdentity()
  await move.checkStatus({ activated: false, validDid: true })
  await checkBlobs(to, person, { token: person.token(to) })
  await attempt(`${way}: silence until it is active`, () => move.checkSilence(bystander))
  move.oldBlobs = person.blobs
  await move.activate()
  await move.checkBeginning()
  await move.live(bystander)
  await attempt(`${way}: preferences stay`, () => person.checkPreferences(to, 'preferences stay'))
  await move.checkStatus({ activated: true, validDid: true })
  await move.leave()
  return move
}
