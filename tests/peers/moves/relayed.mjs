// What a relay makes of a move: it follows both servers, and is the judge of their events.

import { check, equal, freePort, start, until } from '../ground.mjs'
import { complaints, startRelay } from '../crawler.mjs'
import { Ours } from './hosts.mjs'
import { selfMove } from './mover.mjs'
import { Person } from './person.mjs'
import { catchUp, move, styles } from './steps.mjs'
import { Stream, commitIn } from './stream.mjs'

/** Somebody moves from one server to another while a relay listens to both. */
export const relayedMove = async (from, to, bystanders) => {
  const relay = await startRelay([from.url, to.url])
  const relayed = await Stream.open(relay.url)
  const person = await Person.begin(from, 14)
  await person.fill(40, 18)
  await move(person, to, styles.moover, bystanders.get(to))
  await checkRelay(relay, relayed, person, from, to, bystanders)
}

/** The same, carried out by the new server, which asks the relay itself whether it knows. */
export const relayedSelfMove = async (from, bystanders) => {
  const port = await freePort()
  // What is spoiled is what the new server hears of the relay.
  const heard = process.env.SPOIL ? await freePort() : port
  if (heard !== port) start(process.execPath, ['spoil.mjs', process.env.SPOIL, `${heard}`, `${port}`])
  const crawlers = [`http://localhost:${heard}`]
  const to = await Ours.beside('relayed', { crawlers })
  const relay = await startRelay([from.url, to.url], port)
  const relayed = await Stream.open(relay.url)
  const all = new Map([...bystanders, [to, await Person.begin(to, 15)]])
  const person = await Person.begin(from, 16)
  await person.fill(40, 18)
  // A relay that hears of an account from both hosts at the same moment mixes up whose it is: it drops an event,
  // or checks no signature. So one speaks after the other.
  const rev = async (url) => {
    const { body } = await from.call('com.atproto.sync.getLatestCommit', { params: { did: person.did }, url })
    return body.rev
  }
  const isFarewell = ({ kind, body }) => kind === 'account' && !body.active
  const job = await selfMove(person, to, all.get(to), {
    before: () => until('the relay knows all writes', async () => (await rev(relay.url)) === (await rev(from.url))),
    after: () =>
      until('the relay hears the farewell', () =>
        relayed.of(person.did).some(isFarewell) || complaintsOf(relay, from).length > 0,
      ),
  })
  const said = job.notes.map(({ text }) => text)
  check(
    said.some((text) => /^the relay knows the account as active$/.test(text)),
    'the relay was asked',
    said,
  )
  await checkRelay(relay, relayed, person, from, to, all)
  to.stream.sound()
  to.follower.noErrors(`events of ${to.url} verify`)
  const { ended } = await to.process.stop()
  equal(ended.code, 0, 'the server ends well')
}

const complaintsOf = (relay, { url }) => complaints(relay).filter(({ host }) => host === new URL(url).host)

const checkRelay = async (relay, relayed, person, from, to, bystanders) => {
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
  await checkChain(relayed.of(person.did))
  // That the old host speaks of an account that is no longer there is what the relay does not like.
  const wrong = complaints(relay).filter(({ host }) => host !== new URL(from.url).host)
  check(wrong.length === 0, 'the relay complains of nothing there', wrong.slice(0, 3))
}

/** Over both servers, revs rise, and each commit continues the one before. */
const checkChain = async (events) => {
  let last = null
  let commits = 0
  for (const event of events.filter(({ kind }) => ['commit', 'sync'].includes(kind))) {
    const { commit } = await commitIn(event)
    const [rev, data] = [commit.rev, commit.data.toString()]
    const { kind, body } = event
    // A server may say again where an account is.
    const isAgain = kind === 'sync' && rev === last?.rev && data === last?.data
    if (last) check(isAgain || rev > last.rev, 'revs rise', [last, rev])
    if (kind === 'commit' && last) {
      equal([body.since, body.prevData?.toString()], [last.rev, last.data], 'a commit continues the one before')
      commits += 1
    }
    last = { rev, data }
  }
  check(commits > 0, 'commits were passed on', events.length)
}
