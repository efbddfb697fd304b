// `tap`, which keeps copies of repositories by their events and marks each that it cannot follow:
// none may ever be anything but active.

import { join } from 'node:path'

import { ask, atEnd, check, drive, equal, folder, freePort, installed, pds, plc, sleep, start, topic, until } from './ground.mjs'
import { Workload } from './workload.mjs'

const OPERATIONS = Number(process.env.PEERS_OPERATIONS ?? 1000)
const ACCOUNTS = 20

const tap = async () => {
  const port = await freePort()
  const data = await folder()
  const flags = {
    'relay-url': pds,
    'plc-url': plc,
    'db-url': `sqlite://${join(data, 'tap.sqlite')}`,
    bind: `127.0.0.1:${port}`,
    'cursor-save-interval': '200ms',
  }
  const args = ['run', '--disable-acks', ...Object.entries(flags).map(([key, value]) => `--${key}=${value}`)]
  const server = start(join(installed, 'bin', 'tap'), args)
  const url = `http://127.0.0.1:${port}`
  await until('tap is ready', async () => {
    check(!server.ended, 'tap runs', server.output)
    return (await fetch(`${url}/health`)).ok
  })
  return { url, server }
}

/** What tap says of an account. */
const infoOf = async ({ url }, did) => (await fetch(`${url}/info/${did}`)).json()

/** Everything that tap tells its own followers. */
const channel = ({ url }) => {
  const events = []
  const socket = new WebSocket(`${url.replace('http', 'ws')}/channel`)
  socket.onmessage = ({ data }) => events.push(JSON.parse(data))
  atEnd(async () => socket.close())
  return events
}

/** Watches the states, and notes each that is not active. */
const watch = (peer, workload) => {
  const bad = []
  let rounds = 0
  let going = true
  const watching = (async () => {
    while (going) {
      for (const did of workload.dids) {
        const info = await infoOf(peer, did)
        if (info.state !== 'active' || info.error || info.retries) bad.push(info)
      }
      rounds += 1
      await sleep(100)
    }
  })()
  return async () => {
    going = false
    await watching
    check(rounds > 2, 'the states were watched')
    check(bad.length === 0, 'all accounts stay active', bad[0])
  }
}

/** Lines of the log that say that something was wrong. */
const complaints = ({ server }) => {
  const lines = server.output.split('\n').filter((line) => line.startsWith('{'))
  const entries = lines.map((line) => JSON.parse(line))
  check(entries.length > 0, 'tap keeps a log')
  // Names under .test are not in the DNS.
  return entries.filter(({ level, msg }) => ['WARN', 'ERROR'].includes(level) && !/handle/.test(msg))
}

const compare = async (peer, workload, events) => {
  for (const { did } of workload.accounts) {
    const { rev } = await ask('com.atproto.sync.getLatestCommit', { params: { did } })
    const expected = { state: 'active', rev, records: workload.records.get(did).size }
    await until('tap has caught up', async () => (await infoOf(peer, did)).rev === rev).catch(() => {})
    const { state, rev: found, records } = await infoOf(peer, did)
    equal({ state, rev: found, records }, expected, 'tap has what the repository has')
  }
  const live = () => events.filter(({ record }) => record?.live)
  await until('tap has told all', () => live().length >= workload.operations).catch(() => {})
  const found = new Map()
  for (const { record } of live()) {
    const { did, collection, rkey, action, cid } = record
    const uri = `at://${did}/${collection}/${rkey}`
    found.set(uri, [...(found.get(uri) ?? []), { kind: action, cid: cid ?? null }])
  }
  for (const [uri, history] of workload.history)
    equal(found.get(uri), history, `tap tells of ${uri} what was done`)
  equal(live().length, workload.operations, 'tap tells nothing else')
}

await drive('tap', async () => {
  const peer = await topic('tap is ready', tap)
  const events = channel(peer)
  const workload = await topic('signing up', () => Workload.begin(ACCOUNTS, 2))
  await topic('tap takes the accounts', async () => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dids: workload.dids }),
    }
    equal((await fetch(`${peer.url}/repos/add`, init)).status, 200, 'accounts are added')
    for (const did of workload.dids)
      await until(`tap has copied ${did}`, async () => {
        const info = await infoOf(peer, did)
        check(info.state !== 'error', 'the copy works', info)
        return info.state === 'active'
      })
  })
  const end = watch(peer, workload)
  await topic(`${OPERATIONS} operations over ${ACCOUNTS} accounts`, async () => {
    await workload.write(OPERATIONS)
    check(workload.operations >= OPERATIONS, 'all were done')
  })
  await topic('tap has all of it', () => compare(peer, workload, events))
  await topic('all accounts were active all the time', end)
  await topic('tap complains of nothing', async () => {
    const found = complaints(peer)
    check(found.length === 0, 'the log has no warnings', found[0])
  })
})
