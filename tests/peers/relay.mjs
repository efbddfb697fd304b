// indigo's `relay`, which crawls the server, checks strictly what it says, and passes it on.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { Follower, compareHistories, followFromNow, isOperation } from './follower.mjs'
import { ask, attempt, call, check, drive, equal, folder, freePort, installed, pds, plc, start, topic, until } from './ground.mjs'
import { Workload } from './workload.mjs'

const OPERATIONS = Number(process.env.PEERS_OPERATIONS ?? 600)
const ACCOUNTS = 8
const host = new URL(pds).host

const relay = async () => {
  check(host.startsWith('localhost:'), 'the relay accepts a server on loopback by the name of localhost', host)
  const data = await folder()
  const database = join(data, 'relay.sqlite')
  const port = await freePort()
  const flags = {
    'db-url': `sqlite://${database}`,
    'persist-dir': join(data, 'persist'),
    bind: `127.0.0.1:${port}`,
    'metrics-listen': `127.0.0.1:${await freePort()}`,
  }
  const args = ['--admin-password=relay', `--plc-host=${plc}`, 'serve', '--allow-insecure-hosts']
  args.push(...Object.entries(flags).map(([key, value]) => `--${key}=${value}`))
  const url = `http://127.0.0.1:${port}`
  const begin = async () => {
    const server = start(join(installed, 'bin', 'relay'), args)
    await until('the relay is ready', async () => {
      check(!server.ended, 'the relay runs', server.output.slice(-2000))
      return (await fetch(`${url}/_health`)).ok
    })
    return server
  }
  // A request to crawl is checked by a client that does not go to loopback, whatever the settings.
  // Servers that the relay knows from before are not checked again, so that it is told of ours
  // between two starts.
  await (await begin()).stop()
  const tables = new DatabaseSync(database)
  tables
    .prepare(
      `INSERT INTO host (created_at, updated_at, hostname, no_ssl, account_limit, trusted, status, last_seq)
       VALUES (datetime('now'), datetime('now'), ?, 1, 10000, 1, 'active', -1)`,
    )
    .run(host)
  tables.close()
  return { url, server: await begin() }
}

const connected = ({ url }) =>
  until('the relay is connected', async () => {
    const headers = { authorization: `Basic ${Buffer.from('admin:relay').toString('base64')}` }
    const response = await fetch(`${url}/admin/pds/list`, { headers })
    check(response.ok, 'the relay lists its servers', response.status)
    const [found] = await response.json()
    return found?.HasActiveConnection ?? found?.hasActiveConnection
  })

/** Lines of the log that say that something was wrong. */
const complaints = ({ server }) => {
  const lines = server.output.split('\n').filter((line) => line.startsWith('{'))
  const entries = lines.map((line) => JSON.parse(line))
  check(entries.length > 0, 'the relay keeps a log')
  return entries.filter(({ level }) => ['WARN', 'ERROR'].includes(level))
}

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
  const peer = await topic('the relay connects', async () => {
    const peer = await relay()
    await connected(peer)
    return peer
  })
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
