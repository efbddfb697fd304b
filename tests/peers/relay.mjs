// indigo's `relay`, which crawls the server, checks strictly what it says, and passes it on.

import { complaints, startRelay } from './crawler.mjs'
import { Follower, compareHistories, followFromNow, isOperation } from './follower.mjs'
import { ask, attempt, call, check, drive, equal, pds, topic, until } from './ground.mjs'
import { Workload } from './workload.mjs'

const OPERATIONS = Number(process.env.PEERS_OPERATIONS ?? 600)
const ACCOUNTS = 8

const compareStates = async ({ url }, workload) => {
  for (const { did } of workload.accounts) {
    const { rev, cid } = await ask('com.atproto.sync.getLatestCommit', { params: { did } })
    const latest = () => call('com.atproto.sync.getLatestCommit', { url, params: { did } })
    await until('the relay has caught up', async () => (await latest()).body.rev === rev).catch(() => {})
    const { status, body } = await latest()
    equal([status, body.rev, body.cid], [200, rev, cid], 'the relay has the newest commit')
    const state = await ask('com.atproto.sync.getRepoStatus', { url, params: { did } })
    equal([state.active, state.rev], [true, rev], 'the relay has the account as active')
  }
}

await drive('relay', async () => {
  const peer = await topic('the relay connects', () => startRelay([pds]))
  const direct = await topic('following the server', () => followFromNow())
  const workload = await topic('signing up', () => Workload.begin(ACCOUNTS, 3))
  const dids = new Set(workload.dids)
  const passed = new Follower(0, peer.url)
  await topic('writes', async () => {
    await workload.write(OPERATIONS)
    check(workload.operations >= OPERATIONS, 'all were done')
  })
  const operations = (follower) => follower.of(dids).filter(isOperation)
  await topic('the relay passes on every event', async () => {
    for (const follower of [direct, passed])
      await until('all operations arrive', () => operations(follower).length >= workload.operations, 60).catch(() => {})
    for (const follower of [direct, passed]) follower.noErrors('all events verify')
    compareHistories(passed, workload)
    for (const did of dids) {
      const line = ({ event, uri, cid, rev, active }) => [event, uri, cid, rev, active].join(' ')
      const of = (follower) => follower.of(new Set([did])).map(line)
      equal(of(passed), of(direct), 'events of an account are the same, in the same order')
    }
  })
  await attempt('all accounts are active', () => compareStates(peer, workload))
  await attempt('an account that sleeps and wakes', async () => {
    const [{ did, token }] = workload.accounts
    const state = () => ask('com.atproto.sync.getRepoStatus', { url: peer.url, params: { did } })
    await ask('com.atproto.server.deactivateAccount', { input: {}, token })
    await until('the relay hears that it sleeps', async () => !(await state()).active)
    equal((await state()).status, 'deactivated', 'and why')
    await ask('com.atproto.server.activateAccount', { bytes: '', token })
    await until('the relay hears that it is awake', async () => (await state()).active)
    await workload.write(20)
    await compareStates(peer, workload)
  })
  await attempt('the relay complains of nothing', async () => {
    const found = complaints(peer)
    check(found.length === 0, 'the log has no warnings', found.slice(0, 3))
  })
})
