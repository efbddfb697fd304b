// Accounts move between the reference server and ours, and back, by the steps that tools take: all
// that is in them arrives, nothing is said too early, and what is wrong is refused and changes nothing.

import { join } from 'node:path'

import { attempt, drive, installed, say, topic } from './ground.mjs'
import { hasGoat, moveByGoat } from './moves/goat.mjs'
import { Ours, Reference } from './moves/hosts.mjs'
import { selfMove } from './moves/mover.mjs'
import { Person } from './moves/person.mjs'
import { refusals } from './moves/refusals.mjs'
import { relayedMove, relayedSelfMove } from './moves/relayed.mjs'
import { oddAccount, quietReturn } from './moves/returns.mjs'
import { move, styles } from './moves/steps.mjs'

const RECORDS = Number(process.env.PEERS_RECORDS ?? 1000)
const BLOBS = Number(process.env.PEERS_BLOBS ?? 50)

await drive('moves', async () => {
  const log = (name) => join(installed, 'logs', `moves.${name}.log`)
  const theirs = await Reference.open('reference', log('reference'))
  const ours = process.env.PEERS_REFERENCE ? await Reference.open('other', log('other')) : await Ours.open()
  const bystanders = new Map()
  for (const host of [theirs, ours]) bystanders.set(host, await Person.begin(host))

  const person = await topic(`an account with ${RECORDS} records and ${BLOBS} blobs`, async () => {
    const person = await Person.begin(theirs, 1)
    await person.fill(RECORDS, BLOBS)
    return person
  })
  for (const [to, style] of [
    [ours, styles.moover],
    [theirs, styles.bypass],
    [ours, styles.goat],
  ])
    await topic(`${person.host.name} to ${to.name}, as ${style.name} does`, async () => {
      const begin = Date.now()
      await move(person, to, to.isReference ? styles.bypass : style, bystanders.get(to))
      say(`${((Date.now() - begin) / 1000).toFixed(1)} s`)
    })
  if (!ours.isReference)
    await attempt('moves that the new host carries out', async () => {
      const person = await Person.begin(theirs, 2)
      await person.fill(RECORDS, BLOBS)
      for (const to of [ours, theirs, ours]) {
        const begin = Date.now()
        if (to === ours) await selfMove(person, to, bystanders.get(to))
        else await move(person, to, styles.bypass, bystanders.get(to))
        say(`to ${to.name}: ${((Date.now() - begin) / 1000).toFixed(1)} s`)
      }
    })
  await attempt('away and back without a word', () => quietReturn(ours, theirs, bystanders))
  if (!hasGoat) say('goat is not here')
  else
    for (const [from, to] of [
      [theirs, ours],
      [ours, theirs],
    ])
      await attempt(`goat, ${from.name} to ${to.name}`, () => moveByGoat(from, to, bystanders.get(to)))
  if (!ours.isReference) {
    await attempt('an old account', () => oddAccount(theirs, ours, bystanders))
    await attempt('a relay follows both', () => relayedMove(theirs, ours, bystanders))
    if (!process.env.PAGURUS_BIN) say('our program is not here, to be started with a relay')
    else await attempt('a new host asks the relay', () => relayedSelfMove(theirs, bystanders))
    await attempt('what is refused', () => refusals(theirs, ours, bystanders))
  }
  await attempt('all that was said', async () => {
    for (const host of [theirs, ours]) {
      host.stream.sound()
      host.follower.noErrors(`events of ${host.name} verify`)
    }
  })
})
