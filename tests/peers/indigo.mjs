// indigo's library, by `go/judge`: every event from the oldest on undone in several orders and
// chained to the one before, and every repository rebuilt from its records.

import { join } from 'node:path'

import { ask, attempt, check, drive, equal, installed, pds, plc, runToEnd, start, topic, until } from './ground.mjs'
import { Workload } from './workload.mjs'

const OPERATIONS = Number(process.env.PEERS_OPERATIONS ?? 1000)
const ACCOUNTS = 10
const program = join(installed, 'bin', 'judge')

const linesOf = (text) => {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole.split('\n').filter(Boolean).map((line) => JSON.parse(line))
}

const noFaults = (lines) => {
  const faults = lines.filter(({ fault }) => fault)
  check(faults.length === 0, 'nothing is at fault', faults.slice(0, 5))
}

const lifecycle = async ({ did, token }, workload) => {
  await ask('com.atproto.server.deactivateAccount', { input: {}, token })
  await ask('com.atproto.server.activateAccount', { bytes: '', token })
  const input = { repo: did, collection: 'test.pagurus.peer', record: { text: 'awake' } }
  const { uri, cid, commit } = await ask('com.atproto.repo.createRecord', { input, token })
  workload.noteCommit(did, commit, 'a write after waking makes a commit')
  workload.note(did, 'create', uri.slice(`at://${did}/`.length), cid)
}

await drive('indigo', async () => {
  const judge = start(program, ['events', pds, plc])
  const workload = await topic('signing up', () => Workload.begin(ACCOUNTS, 4))
  await topic('writes', () => workload.write(OPERATIONS / 2))
  await attempt('accounts that sleep and wake', async () => {
    for (const account of workload.accounts.slice(0, 2)) await lifecycle(account, workload)
  })
  await topic('more writes', async () => {
    await workload.write(OPERATIONS / 2)
    check(workload.operations >= OPERATIONS, 'all were done')
  })
  await attempt('every event is right', async () => {
    const commits = () => linesOf(judge.output).filter(({ commit }) => workload.commits.has(commit))
    await until('all commits arrive', () => {
      check(!judge.ended, 'the judge runs', judge.output.slice(-500) + judge.errors.slice(-500))
      return commits().length >= workload.commits.size
    }).catch((error) => {
      noFaults(linesOf(judge.output))
      throw error
    })
    judge.child.stdin.end()
    const { ended } = await judge.end
    noFaults(linesOf(judge.output))
    equal([ended.code, judge.errors], [0, ''], 'the judge has nothing to say')
    equal(commits().length, workload.commits.size, 'each commit comes once')
    const operations = commits().reduce((sum, { ops }) => sum + ops, 0)
    equal(operations, workload.operations, 'with each operation')
  })
  await attempt('every repository is right', async () => {
    const { output } = await runToEnd(program, ['repo', pds, plc, ...workload.dids])
    const lines = linesOf(output)
    noFaults(lines)
    equal(lines.map(({ repo }) => repo), workload.dids, 'all were looked at')
    for (const { repo, records } of lines) {
      const expected = Object.fromEntries([...workload.records.get(repo)].sort())
      equal(Object.fromEntries(Object.entries(records).sort()), expected, 'the records are those of the model')
    }
  })
})
