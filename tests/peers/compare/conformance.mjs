// Each method, asked for accounts in each state with each credential: what both servers answer, as a table.

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { cidOf } from '../moves/person.mjs'
import { check } from '../ground.mjs'
import { METHODS } from './methods.mjs'
import { admin } from './side.mjs'
import { Key, now, serviceToken } from './tokens.mjs'

const FILE = fileURLToPath(new URL('../../CONFORMANCE.md', import.meta.url))
export const STATES = ['active', 'deactivated', 'taken down', 'deleted', 'unknown']
export const CREDENTIALS = [
  'none',
  'session',
  'app password',
  'privileged app password',
  'taken-down session',
  'refresh token',
  'admin',
  'service token',
]
const UNKNOWN = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const UPLOAD = 'com.atproto.repo.uploadBlob'
const TEXT = Buffer.from('a text that is in a record')
const generator = {
  uri: 'at://did:web:feeds.example/app.bsky.feed.generator/a',
  cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
  value: {
    $type: 'app.bsky.feed.generator',
    did: 'did:web:feeds.example',
    displayName: 'A',
    createdAt: '2026-01-01T00:00:00.000Z',
  },
}

const all = Object.values(METHODS).flat()
let accounts = 0

/** Tokens by which an account speaks for itself, as its server gives them: not for all methods. */
const serviceTokens = async (side, account) => {
  const ask = async ({ nsid }) => {
    const params = { aud: side.did, lxm: nsid, exp: now() + 3000 }
    const { body } = await side.quietly('com.atproto.server.getServiceAuth', { params, who: account.token })
    return [nsid, body.token]
  }
  const tokens = new Map(await Promise.all(all.map(ask)))
  for (const { nsid } of all) if (!tokens.get(nsid)) tokens.set(nsid, tokens.get(UPLOAD))
  return tokens
}

/** Makes an account, with something in it, in a state. */
const prepare = async (side, state) => {
  accounts += 1
  const name = `c${accounts.toString(36)}${state.slice(0, 4).replace(/ /g, '')}`
  const common = { appview: side.appview, blob: cidOf(TEXT), unique: () => `n${(accounts += 1)}` }
  if (state === 'unknown') {
    const key = new Key()
    const token = (lxm) => serviceToken(key, { iss: UNKNOWN, aud: side.did, lxm, exp: now() + 3000 })
    const refresh = side.forged(UNKNOWN, { typ: 'refresh+jwt', scope: 'com.atproto.refresh', jti: 'nothing' })
    const services = new Map(all.map(({ nsid }) => [nsid, token(nsid)]))
    return {
      ...common,
      did: UNKNOWN,
      handle: 'nobody-here.test',
      email: 'nobody@example.com',
      password: 'password',
      refresh,
      services,
    }
  }
  const account = await side.account(name)
  const services = await serviceTokens(side, account)
  const headers = { authorization: `Bearer ${account.token}`, 'content-type': 'text/plain' }
  await side.raw('POST', `/xrpc/${UPLOAD}`, { headers, body: TEXT })
  const file = { $type: 'blob', ref: { $link: cidOf(TEXT) }, mimeType: 'text/plain', size: TEXT.length }
  const input = { repo: account.did, collection: 'test.pagurus.thing', rkey: 'a', record: { file } }
  await side.quietly('com.atproto.repo.createRecord', { input, who: account.token })
  const act = (name, input, who = account.token) => side.quietly(`com.atproto.${name}`, { input, who })
  if (state === 'deactivated') await act('server.deactivateAccount', {})
  if (state === 'taken down')
    await act(
      'admin.updateSubjectStatus',
      { subject: { $type: 'com.atproto.admin.defs#repoRef', did: account.did }, takedown: { applied: true } },
      admin,
    )
  if (state === 'deleted') {
    const code = await side.newMail(account.email, () => act('server.requestAccountDelete'))
    await act('server.deleteAccount', { did: account.did, password: account.password, token: code })
  }
  const { body } = await side.quietly('com.atproto.sync.getRepoStatus', { params: { did: account.did } })
  const found = body.error ?? body.status ?? (body.active ? 'active' : 'asleep')
  const wanted = { active: 'active', deactivated: 'deactivated', 'taken down': 'takendown', deleted: 'RepoNotFound' }
  return { ...common, ...account, services, isThere: found === wanted[state] }
}

const credential = (side, account, name, nsid) => {
  const { did } = account
  const bearer = (token) => ({ authorization: `Bearer ${token}` })
  switch (name) {
    case 'none':
      return {}
    case 'session':
      return bearer(account.token ?? side.forged(did))
    case 'app password':
      return bearer(side.forged(did, { scope: 'com.atproto.appPass' }))
    case 'privileged app password':
      return bearer(side.forged(did, { scope: 'com.atproto.appPassPrivileged' }))
    case 'taken-down session':
      return bearer(side.forged(did, { scope: 'com.atproto.takendown' }))
    case 'refresh token':
      return bearer(account.refresh)
    case 'admin':
      return admin
    default: {
      const { moderation } = side
      if (!nsid.startsWith('com.atproto.admin.')) return bearer(account.services.get(nsid))
      return bearer(serviceToken(moderation.key, { iss: moderation.did, aud: side.did, lxm: nsid }))
    }
  }
}

const request = (method, account, headers) => {
  const { nsid, verb, params, input, bytes, type } = method
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params?.(account) ?? {})) query.append(name, value)
  const path = `/xrpc/${nsid}${query.size > 0 ? `?${query}` : ''}`
  if (verb === 'GET') return [verb, path, { headers }]
  const kind = input ? { 'content-type': 'application/json' } : type ? { 'content-type': type } : {}
  return [
    verb,
    path,
    { headers: { ...headers, ...kind }, body: input ? JSON.stringify(input(account)) : (bytes ?? '') },
  ]
}

/** Asks one server everything about accounts in one state. */
const askState = async (side, state, cells) => {
  let account = await prepare(side, state)
  for (const method of all)
    for (const name of CREDENTIALS) {
      const cell = `${method.nsid} (${name}, ${state})`
      if (account.isThere === false) {
        cells.set(cell, 'not built')
        continue
      }
      const { status, body, gone } = await side.raw(
        ...request(method, account, credential(side, account, name, method.nsid)),
      )
      cells.set(cell, gone ?? (status >= 400 && body.error ? `${status} ${body.error}` : `${status}`))
      if (method.spends && status === 200) account = await prepare(side, state)
    }
}

/** Asks both servers all. Gives their answers, and the differences. */
export const ask = async (pair) => {
  const [reference, ours] = await Promise.all(
    pair.map(async (side) => {
      const cells = new Map()
      side.stub.wanted.set('com.atproto.repo.getRecord', { body: generator })
      const more = {
        id: 7,
        reasonType: 'com.atproto.moderation.defs#reasonSpam',
        subject: { $type: 'com.atproto.admin.defs#repoRef', did: UNKNOWN },
        reportedBy: UNKNOWN,
        createdAt: '2026-01-01T00:00:00.000Z',
      }
      side.stub.wanted.set('com.atproto.moderation.createReport', { more })
      await Promise.all(STATES.map((state) => askState(side, state, cells)))
      side.stub.wanted.clear()
      return cells
    }),
  )
  check(reference.size === all.length * CREDENTIALS.length * STATES.length, 'all is asked', reference.size)
  const found = [...reference].flatMap(([call, answer]) =>
    answer === ours.get(call) ? [] : [{ call, field: 'answer', reference: answer, ours: ours.get(call) }],
  )
  return { reference, ours, found }
}

const HEAD = `# Conformance

What the reference (npm \`@atproto/pds\` 0.5.35) answers, and what Pagurus answers: each method, for accounts in
each state, with each credential. Made by \`tests/peers/compare.mjs --write\`, which asks both; the peers' suite fails
when this page is not what they answer. Values, headers and further cases: \`tests/peers/compare/differences.json\`.

- The account is the one that is asked about and, but for the last two credentials, the one that asks. Those
  *taken down* and *deleted* got their tokens before. *Unknown* is a DID that the server never had.
- *Taken-down session*: with the scope that signing in with \`allowTakendown\` gives. *Service token*: of the account,
  for the method (for \`uploadBlob\`, where servers give none); under \`com.atproto.admin\`, of the moderation service.
- Requests are such that they succeed where they may, but for those that need a code from a mail: these have a wrong
  one. Services that are asked for others answer 200.
- Where only one answer is given both give it. Otherwise: the reference's → ours, and the number of the reason. \`″\`: as
  to the left.

`

const cellOf = (reference, ours, why) => (reference === ours ? reference : `${reference} → **${ours}**${why}`)

/** The page. `reasons` gives the reason of a difference. */
const page = ({ reference, ours }, reasons) => {
  const numbers = new Map()
  const number = (why) => {
    if (!numbers.has(why)) numbers.set(why, numbers.size + 1)
    return ` [${numbers.get(why)}](#reasons)`
  }
  let text = HEAD
  for (const [namespace, methods] of Object.entries(METHODS)) {
    text += `## ${namespace}\n\n| method | credential | ${STATES.join(' | ')} |\n|---|---|${'---|'.repeat(STATES.length)}\n`
    for (const { nsid } of methods) {
      const rows = new Map()
      for (const name of CREDENTIALS) {
        const cells = STATES.map((state) => {
          const call = `${nsid} (${name}, ${state})`
          const [left, right] = [reference.get(call), ours.get(call)]
          return cellOf(
            left,
            right,
            left === right ? '' : number(reasons({ call, field: 'answer', reference: left, ours: right })),
          )
        })
        const row = cells.map((cell, index) => (index > 0 && cell === cells[index - 1] ? '″' : cell)).join(' | ')
        rows.set(row, [...(rows.get(row) ?? []), name])
      }
      const short = namespace === 'Others' ? nsid : nsid.slice(namespace.length + 1)
      let label = `\`${short}\``
      for (const [row, names] of rows) {
        text += `| ${label} | ${names.length === CREDENTIALS.length ? 'any or none' : names.join(', ')} | ${row} |\n`
        label = ''
      }
    }
    text += '\n'
  }
  text += '## Reasons\n\n'
  for (const [why, index] of numbers) text += `${index}. ${why}\n`
  return text
}

export const render = (answers, known) =>
  page(answers, (found) => {
    const { kind, why } = known.entry(found) ?? { kind: 'todo', why: '' }
    return kind === 'todo' ? `To do. ${why}`.trim() : why
  })

export const readPage = () => readFile(FILE, 'utf8').catch(() => '')
export const writePage = (text) => writeFile(FILE, text)
