// `@atproto/sync` and `@atproto/repo`: a follower that verifies every event while writes go on, and
// every repository as a whole and in parts.

import { cborToLexRecord, readCar, verifyProofs, verifyRecords, verifyRepo, verifyRepoCar } from '@atproto/repo'

import { Follower, compareHistories, followFromNow, isOperation } from './follower.mjs'
import { ask, attempt, call, check, drive, equal, signingKey, sleep, topic, until } from './ground.mjs'
import { Workload } from './workload.mjs'

const OPERATIONS = Number(process.env.PEERS_OPERATIONS ?? 600)
const ACCOUNTS = 6

const line = (event) =>
  [event.seq, event.event, event.did, event.uri, event.cid, event.rev, event.handle, event.status].join(' ')

/** Numbers rise, revs rise, and each commit is one that an answer has named. */
const compareCommits = (follower, workload) => {
  let last = 0
  for (const { seq, event } of follower.events) {
    check(seq >= last, 'numbers of events rise', { last, seq, event })
    last = seq
  }
  const revs = new Map()
  const seen = new Set()
  for (const event of follower.of(new Set(workload.dids)).filter(isOperation)) {
    const cid = event.commit.toString()
    seen.add(cid)
    const { did, rev } = workload.commits.get(cid) ?? {}
    equal([did, rev], [event.did, event.rev], `an answer has named commit ${cid}`)
    const before = revs.get(did)
    const same = before?.cid === cid && before.rev === rev && before.seq === event.seq
    check(same || !before || (rev > before.rev && event.seq > before.seq), 'revs rise', { before, rev })
    revs.set(did, { cid, rev, seq: event.seq })
  }
  equal(seen.size, workload.commits.size, 'each commit is announced')
}

const compareBeginnings = (follower, workload) => {
  for (const { did, handle } of workload.accounts) {
    const events = follower.events.filter((event) => event.did === did)
    const first = events.filter((event) => !isOperation(event))
    const kinds = first.map(({ event }) => event)
    check(
      kinds.slice(0, 2).join() === 'identity,account' && first[1].active && !first[1].status,
      'an account begins with its identity and its state',
      kinds,
    )
    const sync = first.find(({ event }) => event === 'sync')
    check(sync?.blocks.size === 1 && sync.blocks.has(sync.cid), 'a sync event has the commit alone')
    equal(first[0].didDocument?.alsoKnownAs, [`at://${handle}`], 'the identity can be resolved')
    const operation = events.findIndex(isOperation)
    const state = events.findIndex(({ event }) => event === 'account')
    check(operation === -1 || state < operation, 'states come before writes')
  }
}

const replay = async (follower, workload) => {
  const dids = new Set(workload.dids)
  const live = follower.of(dids).map(line)
  for (const [claim, cursor] of [
    ['from the beginning', 0],
    ['from before the first event of these accounts', follower.of(dids)[0].seq - 1],
  ]) {
    const late = new Follower(cursor)
    const last = follower.events.at(-1).seq
    await until('a replay ends', () => late.events.at(-1)?.seq >= last, 60)
    late.noErrors(`a replay ${claim} verifies`)
    const lines = late.of(dids).map(line)
    equal(lines.length, live.length, `a replay ${claim} has as many events as were seen live`)
    check(lines.every((each, index) => each === live[index]), `a replay ${claim} is the same`)
    await late.stop()
  }
  const middle = follower.of(dids)[Math.floor(live.length / 2)].seq
  const resumed = new Follower(middle)
  const rest = follower.of(dids).filter(({ seq }) => seq > middle)
  await until('a resumed replay ends', () => resumed.events.at(-1)?.seq >= rest.at(-1).seq, 60)
  equal(resumed.of(dids).map(line), rest.map(line), 'a follower resumes just after its cursor')
  await resumed.stop()
}

const future = async () => {
  const future = new Follower(Number.MAX_SAFE_INTEGER - 1)
  await until('a cursor from the future is refused', () => future.errors.length > 0)
  const text = `${future.errors[0].cause?.message} ${future.errors[0].cause?.error}`
  check(text.includes('FutureCursor'), 'by the name of FutureCursor', text)
  await future.stop()
}

const listAll = async (did, collection) => {
  const found = []
  let cursor
  do {
    const params = { repo: did, collection, limit: 100, cursor }
    const page = await ask('com.atproto.repo.listRecords', { params })
    found.push(...page.records)
    cursor = page.cursor
  } while (cursor)
  return found
}

const exported = (did) => ask('com.atproto.sync.getRepo', { params: { did } })

/** The blocks of a repository in the order of the tree: each node, and then what is below it. */
const inOrder = (blocks, root) => {
  const order = new Set([root.toString()])
  const walk = (link) => {
    order.add(link.toString())
    const { l, e } = cborToLexRecord(blocks.get(link))
    if (l) walk(l)
    for (const { v, t } of e) {
      order.add(v.toString())
      if (t) walk(t)
    }
  }
  walk(cborToLexRecord(blocks.get(root)).data)
  return [...order]
}

/** The repository as a whole is signed, has just the records of the model, and is the newest. */
const wholeRepository = async ({ did }, workload) => {
  const key = await signingKey(did)
  const car = await exported(did)
  const { creates, commit } = await verifyRepoCar(car, did, key)
  const found = creates.map(({ collection, rkey, cid }) => `${collection}/${rkey} ${cid}`)
  const expected = [...workload.records.get(did)].map(([path, cid]) => `${path} ${cid}`)
  equal(found.sort(), expected.sort(), 'the repository has the records of the model')
  const latest = await ask('com.atproto.sync.getLatestCommit', { params: { did } })
  equal(latest, { cid: commit.cid.toString(), rev: commit.rev }, 'its commit is the newest')
  const status = await ask('com.atproto.sync.getRepoStatus', { params: { did } })
  equal([status.active, status.rev], [true, commit.rev], 'its state has the rev')
  const { roots, blocks } = await readCar(car)
  equal(roots.map(String), [commit.cid.toString()], 'an archive has one root')
  // The reference sends blocks in no order that would mean anything.
  if (!process.env.PEERS_REFERENCE) {
    const sent = [...blocks.entries()].map(({ cid }) => cid.toString())
    equal(sent, inOrder(blocks, commit.cid), 'an archive can be checked as it comes')
  }

  const { collections } = await ask('com.atproto.repo.describeRepo', { params: { repo: did } })
  const listed = []
  for (const collection of collections) listed.push(...(await listAll(did, collection)))
  const lines = listed.map(({ uri, cid }) => `${uri.slice(`at://${did}/`.length)} ${cid}`)
  equal(lines.sort(), expected, 'its lists have the same records')
  return { key, commit, blocks }
}

/** Proofs of what is there and of what is not, and blocks by their CIDs. */
const parts = async ({ did }, workload, { key, commit, blocks }) => {
  const present = [...workload.records.get(did)].slice(0, 20)
  const absent = present.map(([path]) => [`${path}x`, null])
  for (const [path, cid] of [...present, ...absent, ['test.pagurus.none/self', null]]) {
    const [collection, rkey] = path.split('/')
    const car = await ask('com.atproto.sync.getRecord', { params: { did, collection, rkey } })
    const claim = { collection, rkey, cid: cid && (await cidIn(blocks, cid)) }
    const { verified, unverified } = await verifyProofs(car, [claim], did, key)
    equal([verified.length, unverified.length], [1, 0], `${path} is proven to be ${cid}`)
    const records = await verifyRecords(car, did, key)
    check(cid === null || records.some((record) => `${record.collection}/${record.rkey}` === path), 'and is read')
  }
  const cids = [commit.cid.toString(), ...present.slice(0, 5).map(([, cid]) => cid)]
  const car = await ask('com.atproto.sync.getBlocks', { params: { did, cids } })
  const found = await readCar(car)
  const sent = [...found.blocks.entries()].map(({ cid }) => cid.toString())
  equal(sent.sort(), [...new Set(cids)].sort(), 'blocks are given by their CIDs')
  const missing = 'bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454'
  const refusal = await call('com.atproto.sync.getBlocks', { params: { did, cids: [missing] } })
  const names = ['BlockNotFound', 'InvalidRequest']
  check(refusal.status === 400 && names.includes(refusal.body.error), 'or not at all', refusal.body)
}

const cidIn = (blocks, text) => {
  for (const { cid } of blocks.entries()) if (cid.toString() === text) return cid
  check(false, `block ${text} is in the archive`)
}

/** What has changed since a rev, together with what was known, is all there is. */
const since = async ({ did }, rev, old) => {
  const key = await signingKey(did)
  const car = await ask('com.atproto.sync.getRepo', { params: { did, since: rev } })
  const { roots, blocks } = await readCar(car)
  const whole = await readCar(await exported(did))
  check(blocks.size > 0 && blocks.size < whole.blocks.size, 'a difference is smaller than the whole', blocks.size)
  blocks.addMap(old.blocks)
  const { commit } = await verifyRepo(blocks, roots[0], did, key)
  const latest = await ask('com.atproto.sync.getLatestCommit', { params: { did } })
  equal(commit.cid.toString(), latest.cid, 'a difference leads to the newest commit')
}

/** Exports while writes go on are of one commit each, which was or is announced. */
const exportsBeside = async (workload, going) => {
  const seen = []
  while (going()) {
    const { did } = workload.random.of(workload.accounts)
    const { commit } = await verifyRepoCar(await exported(did), did, await signingKey(did))
    seen.push({ did, cid: commit.cid.toString(), rev: commit.rev })
    await sleep(50)
  }
  return seen
}

await drive('@atproto/sync, @atproto/repo', async () => {
  const follower = await topic('following', followFromNow)
  const workload = await topic('signing up', () => Workload.begin(ACCOUNTS, 1))
  await topic('writes with exports beside them', async () => {
    await workload.write(OPERATIONS / 2)
    let going = true
    const beside = exportsBeside(workload, () => going)
    beside.catch(() => {})
    await workload.write(OPERATIONS / 2).finally(() => (going = false))
    const seen = await beside
    check(seen.length > 0, 'there were exports')
    for (const { did, cid, rev } of seen)
      equal(workload.commits.get(cid), { did, rev }, 'an export is of a commit that was made')
  })
  const dids = new Set(workload.dids)
  await topic('events are verified and complete', async () => {
    const arrived = () => follower.of(dids).filter(isOperation).length
    await until('all events arrive', () => arrived() >= workload.operations).catch((error) => {
      follower.noErrors('all events verify')
      throw new Error(`${error.message} (${arrived()} of ${workload.operations} operations)`)
    })
    // What comes too much comes now.
    await sleep(500)
    follower.noErrors('all events verify')
    compareHistories(follower, workload)
    compareCommits(follower, workload)
    compareBeginnings(follower, workload)
  })
  await attempt('replays', () => replay(follower, workload))
  await attempt('a cursor from the future', future)
  const [first] = workload.accounts
  const whole = await topic('whole repositories', async () => {
    const all = []
    for (const account of workload.accounts) all.push(await wholeRepository(account, workload))
    return all[0]
  })
  await attempt('parts of repositories', () => parts(first, workload, whole))
  await attempt('differences', async () => {
    for (let turns = 0; turns < 3; turns += 1) await workload.turn(first)
    await workload.one(first, workload.plan(first.did, 1)[0])
    await since(first, whole.commit.rev, whole)
  })
  await topic('the last of it', async () => {
    for (const account of workload.accounts) await wholeRepository(account, workload)
    await until('the last events arrive', () =>
      follower.of(dids).filter(isOperation).length >= workload.operations,
    )
    follower.noErrors('all events verify')
    compareHistories(follower, workload)
  })
})
