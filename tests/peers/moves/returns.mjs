// There and back: what is already there from an earlier stay, and what was signed by an earlier key.

import { attempt, check, equal, signingKey } from '../ground.mjs'
import { makeOdd } from './oddities.mjs'
import { Person } from './person.mjs'
import { checkBlobs, checkLists, checkRepository, exported, head } from './repository.mjs'
import { Move, catchUp, move, styles } from './steps.mjs'
import { isSigned } from './stream.mjs'

/** Somebody who is impatient presses more than once; the reference then says everything again. */
const activateInHaste = async (way, bystander) => {
  const { to, did } = way
  await Promise.all([way.activate(), ...(to.isReference ? [] : [way.activate(), way.activate()])])
  await catchUp(to, bystander)
  const events = to.stream.of(did)
  const kinds = events.slice(way.heard).map(({ kind }) => kind)
  way.heard = events.findLastIndex(({ kind }) => kind === 'account')
  await attempt(`${to.name} says once that an account is active`, async () =>
    equal(kinds, ['account', 'identity', 'sync'], 'it does'),
  )
}

/** Somebody who began here goes away, does nothing there, and comes back: nothing has changed. */
export const quietReturn = async (ours, theirs, bystanders) => {
  const person = await Person.begin(ours, 11)
  await person.fill(80, 18)
  const before = await head(await exported(ours, person.did))
  const firstKey = await signingKey(person.did)
  for (const [to, style] of [
    [theirs, styles.moover],
    [ours, styles.bypass],
  ]) {
    const way = new Move(person, to, style)
    await way.begin()
    await way.bringRepository()
    await way.checkRoot()
    await way.bringBlobs()
    await way.bringPreferences()
    await way.changeIdentity()
    way.oldBlobs = person.blobs
    await attempt(`silence of ${to.name}`, () => way.checkSilence(bystanders.get(to)))
    await activateInHaste(way, bystanders.get(to))
    await way.checkBeginning()
    equal(way.sync.data, before.data, 'the root of the data is what it was in the beginning')
    await checkBlobs(to, person)
    if (to === ours) {
      const { commit } = await head(await exported(theirs, person.did, { token: person.token(theirs) }))
      check(await isSigned(commit, firstKey), 'what comes back was signed by a key of earlier')
    }
    await way.leave()
    if (to === ours) await way.live(bystanders.get(to))
  }
}

/** An account with all that old accounts have. */
export const oddAccount = async (theirs, ours, bystanders) => {
  const person = await Person.begin(theirs, 12)
  await person.fill(60, 18)
  await makeOdd(person)
  await move(person, ours, ours.isReference ? styles.bypass : styles.goat, bystanders.get(ours))
  await checkRepository(ours, person, { key: await signingKey(person.did) })
  await checkLists(ours, person)
}
