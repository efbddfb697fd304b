// A move that the new host carries out by itself: the person agrees, enters the code, and goes on living
// at the old host meanwhile.

import { check, equal, signingKey, until } from '../ground.mjs'
import { checkBlobs } from './repository.mjs'
import { Move, operations, styles } from './steps.mjs'

const NS = 'social.pagurus.migration.'

/** Looks at the move until something is so. */
const seen = (move, what, isSo) =>
  until(
    what,
    async () => {
      const { job } = await move.there(`${NS}getMove`)
      if (job.need?.for === 'decide') check(false, `nobody has to decide: ${job.need.message}`, job)
      return isSo(job) && job
    },
    120,
  )

const nothing = async () => {}

/**
 * The whole way from one server to another by the job of the new one, which is returned. `before` the change
 * and `after` it, others may want to hear first what has happened.
 */
export const selfMove = async (person, to, bystander, { before: hear = nothing, after: hearAll = nothing } = {}) => {
  const move = new Move(person, to, styles.moover)
  move.keyBefore = await signingKey(person.did)
  move.heard = to.stream.of(person.did).length
  const before = await operations(person.did)
  const source = { identifier: person.did, password: person.passwords.get(person.host), handle: person.handle }
  const plan = await to.ask(`${NS}planMove`, { input: source })
  const red = plan.findings.filter(({ level }) => level === 'red')
  equal([plan.did, red], [person.did, []], 'nothing is in the way')
  const password = person.newPassword(to)
  const begun = await to.ask(`${NS}startMove`, { input: { ...source, email: person.email, newPassword: password } })
  equal(begun.job.did, person.did, 'the account is the same')
  person.tokens.set(to, begun.accessJwt)
  // A second click begins nothing new, and its session is as good.
  const again = await to.ask(`${NS}startMove`, { input: { ...source, email: person.email, newPassword: password } })
  equal(again.job.beganAt, begun.job.beganAt, 'it is the same move')

  await person.live(1)
  const ready = await seen(move, 'the person is asked', (job) => job.need?.for === 'review')
  equal([ready.missingBlobs, ready.unreadableRecords], [[], 0], 'all is there')
  check(ready.change.differences.length > 0, 'it is shown what changes', ready.change)
  await person.live(1)
  const approval = { head: ready.change.head }
  await Promise.all([1, 2].map(() => move.there(`${NS}approveMove`, { input: approval })))
  const code = await move.from.newMail(person.email, () => seen(move, 'a code', (job) => job.need?.for === 'code'))
  equal((await operations(person.did)).length, before.length, 'until now nothing has changed')
  // What is written between the code and the change comes, too.
  await person.live(1)
  await hear()
  move.oldBlobs = person.blobs
  await move.there(`${NS}confirmMove`, { input: { code } })
  const done = await seen(move, 'the move is done', (job) => job.state === 'done')
  equal(done.warnings, [], 'nothing has gone wrong')
  equal((await operations(person.did)).length, before.length + 1, 'the identity has changed once')
  move.keyAfter = await signingKey(person.did)
  check(move.keyAfter !== move.keyBefore, 'the key is another')

  const { report } = await move.there(`${NS}getReport`)
  const written = JSON.parse(report).report ?? JSON.parse(report)
  const { before: left, after } = written
  equal(after.head.data, left.head.data, 'the data root is that of the old host')
  equal([after.leaves, after.preferences], [left.leaves, left.preferences], 'records and preferences are the same')
  equal(after.leaves.count, person.records.size, 'all records are counted')
  equal([after.blobs.content, after.blobs.missing], [left.blobs.content, []], 'blobs are the same')
  equal([after.blobs.rehashed, after.blobs.count], [person.blobs.length, person.blobs.length], 'all were read again')
  move.brought = { rev: left.head.rev, data: left.head.data }
  person.host = to
  await move.checkBeginning()
  await checkBlobs(to, person)
  await person.checkPreferences(to, 'preferences are the same')
  await hearAll()
  await move.live(bystander)
  await move.checkStatus({ activated: true, validDid: true })
  const { active } = await move.from.ask('com.atproto.sync.getRepoStatus', { params: { did: person.did } })
  equal(active, false, 'it is closed at the old host')
  await move.checkDormant()
  return done
}
