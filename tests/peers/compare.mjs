// The same calls to the reference server and to ours: what is answered differently is in a list, with the
// reason, and nothing else is.
//
//   compare.mjs            fails when a difference is not in the list, or one of the list is not there any more
//   compare.mjs --write    brings the lists and tests/CONFORMANCE.md up to date: new differences are "todo"
//   compare.mjs --todo     prints what is "todo", with requests and both answers
//   compare.mjs TOPIC…     asks only some topics

import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { attempt, check, drive, equal, say, topic } from './ground.mjs'
import { ask, readPage, render, writePage } from './compare/conformance.mjs'
import { differences, Known } from './compare/differences.mjs'
import { openPair } from './compare/servers.mjs'

const CALLS_MIN = 300
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const options = process.argv.slice(2)
const named = options.filter((option) => !option.startsWith('--'))
const has = (option) => options.includes(option)

const scripts = async () => {
  const files = (await readdir(here('./compare/topics'))).filter((file) => file.endsWith('.mjs')).sort()
  const found = []
  for (const file of files) {
    const name = file.replace('.mjs', '').replaceAll('_', ' ')
    if (named.length > 0 && !named.includes(name)) continue
    found.push({ name, ...(await import(`./compare/topics/${file}`)) })
  }
  return found
}

const shown = ({ status, headers, body, gone }) =>
  gone ? gone : `${status} ${JSON.stringify(headers)} ${JSON.stringify(body)}`.slice(0, 1500)

/** What is listed as "todo" or not at all, with requests and answers. */
const print = (known, found, pairs) => {
  for (const difference of found) {
    const entry = known.entry(difference)
    if (difference.field === 'message' || (entry && entry.kind !== 'todo')) continue
    const { call, field, reference: theirs, ours: own } = difference
    const pair = pairs.find(([reference]) => reference.answers.has(call))
    const [reference, ours] = pair.map((side) => side.answers.get(call))
    console.log(`\n- **${call}**, ${field}: ${theirs} → ${own}${entry?.why ? ` (${entry.why})` : ''}`)
    console.log(`  - ${reference.request}\n  - reference: ${shown(reference)}\n  - ours: ${shown(ours)}`)
  }
}

/** The table of methods, states and credentials: as it is, and as it is written down. */
const conformance = async (pair) => {
  const known = await Known.read(here('./compare/conformance.json'))
  const answers = await ask(pair)
  if (has('--write')) {
    known.update(answers.found)
    await known.write()
    await writePage(render(answers, known))
  }
  const { unlisted, gone } = known.judge(answers.found)
  equal(unlisted, [], 'nothing differs that is not listed')
  equal(gone, [], 'nothing is listed that does not differ')
  equal(await readPage(), render(answers, known), 'CONFORMANCE.md says so')
}

await drive('compare', async () => {
  check(process.env.PAGURUS_BIN, 'PAGURUS_BIN says where our program is')
  const topics = await scripts()
  const pairs = new Map()
  const found = []
  for (const { name, isStrict = false, script } of topics)
    await attempt(name, async () => {
      if (!pairs.has(isStrict)) pairs.set(isStrict, await openPair({ isStrict }))
      const pair = pairs.get(isStrict)
      for (const side of pair) side.begin(name)
      const ends = await Promise.allSettled(pair.map((side) => script(side)))
      for (const { reason } of ends) if (reason) throw reason
      const [reference, ours] = pair.map(({ answers }) => answers)
      const calls = new Set([...reference.keys(), ...ours.keys()].filter((call) => call.startsWith(`${name}: `)))
      for (const call of calls) {
        const each = differences(call, reference.get(call), ours.get(call))
        found.push(...each)
        check(true, call)
      }
    })
  const known = await Known.read(here('./compare/differences.json'))
  const total = [...pairs.values()].reduce((sum, [reference]) => sum + reference.answers.size, 0)
  say(`${total} calls, ${found.length} differences`)
  if (has('--write') && named.length === 0) {
    known.update(found)
    await known.write()
  }
  if (has('--todo')) print(known, found, [...pairs.values()])
  if (named.length === 0 || named.includes('conformance'))
    await attempt('each method, state and credential', async () => {
      const isStrict = false
      if (!pairs.has(isStrict)) pairs.set(isStrict, await openPair({ isStrict }))
      await conformance(pairs.get(isStrict))
    })
  if (named.length > 0) return
  await topic('only what is listed differs', async () => {
    check(total >= CALLS_MIN, `there are ${CALLS_MIN} calls`, total)
    const { unlisted, gone } = known.judge(found)
    equal(unlisted, [], 'nothing differs that is not listed')
    equal(gone, [], 'nothing is listed that does not differ')
  })
})
