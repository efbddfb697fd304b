// What a relay makes of a move: it follows both servers, and is the judge of their events.

import { check, equal, until } from '../ground.mjs'
import { complaints, startRelay } from '../crawler.mjs'
import { Person } from './person.mjs'
import { catchUp, move, styles } from './steps.mjs'
import { Stream } from './stream.mjs'

/** Somebody moves from one server to another while a relay listens to both. */
export const relayedMove = async (from, to, bystanders) => {
  const relay = await startRelay([from.url, to.url])
  const relayed = await Stream.open(relay.url)
  const person = await Person.begin(from, 14)
  await person.fill(40, 18)
  await move(person, to, styles.moover, bystanders.get(to))
  // Until the relay has heard all that either server has said.
  for (const host of [from, to]) await catchUp(host, bystanders.get(host), relayed)
  const params = { did: person.did }
  const state = await to.ask('com.atproto.sync.getRepoStatus', { params })
  const found = await until('the relay answers', async () => {
    const { status, body } = await to.call('com.atproto.sync.getRepoStatus', { params, url: relay.url })
    return status === 200 && body
  })
  equal([found.active, found.rev], [true, state.rev], 'the relay has the account as active, at its newest commit')
  const latest = await to.ask('com.atproto.sync.getLatestCommit', { params })
  equal(await to.ask('com.atproto.sync.getLatestCommit', { params, url: relay.url }), latest, 'which it knows')

  const line = ({ kind, body }) => [kind, body.rev, body.active, body.status].join(' ')
  const sent = to.stream.of(person.did).map(line)
  const passed = relayed.of(person.did).map(line)
  equal(passed.slice(-sent.length), sent, 'it has passed on all that the new server said, and nothing after it')
  // That the old host speaks of an account that is no longer there is what the relay does not like.
  const wrong = complaints(relay).filter(({ host }) => host !== new URL(from.url).host)
  check(wrong.length === 0, 'the relay complains of nothing there', wrong.slice(0, 3))
}
