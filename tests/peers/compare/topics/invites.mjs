// Invite codes: given by the operator and by accounts, used, counted, turned off.

import { admin } from '../side.mjs'
import { BYPASS_KEY } from '../servers.mjs'

const S = 'com.atproto.server'
const A = 'com.atproto.admin'
export const isStrict = true
const pass = { 'x-ratelimit-bypass': BYPASS_KEY }
const operator = { ...admin, ...pass }
const bearer = (token) => ({ authorization: `Bearer ${token}`, ...pass })

export const script = async (c) => {
  await c.get('the server wants codes', `${S}.describeServer`, {}, pass)
  const one = (label, input, who = operator) => c.post(label, `${S}.createInviteCode`, input, who)
  const { body } = await one('a code', { useCount: 2 })
  const code = body.code
  await one('a code by nobody', { useCount: 1 }, pass)
  await one('a code with a wrong password', { useCount: 1 }, { authorization: 'Basic YWRtaW46bm8=', ...pass })
  await one('a code with no uses', { useCount: 0 })
  await one('a code without a number', {})
  await one('a code with a word for a number', { useCount: 'many' })
  const many = (label, input, who = operator) => c.post(label, `${S}.createInviteCodes`, input, who)
  await many('three codes', { codeCount: 3, useCount: 1 })
  await many('codes of no number', { useCount: 1 })
  await many('codes without uses', { codeCount: 1 })
  await many('codes by nobody', { useCount: 1 }, pass)

  let count = 0
  const join = async (label, inviteCode, changes) => {
    count += 1
    const input = {
      handle: `guest${count}.test`,
      email: `guest${count}@example.com`,
      password: 'password',
      inviteCode,
      ...changes,
    }
    const { body } = await c.post(label, `${S}.createAccount`, input, pass)
    return c.known(`guest ${count}`, { ...input, did: body.did, token: body.accessJwt })
  }
  await join('without a code', undefined)
  await join('with an unknown code', 'localhost-aaaaa-bbbbb')
  await join('with an empty code', '')
  const first = await join('with a code', code)
  await join('a bad handle does not use it', code, { handle: 'a.test' })
  await join('with the same code', code)
  await join('with a code that is used up', code)
  const codes = (label, who, params) => c.get(label, `${S}.getAccountInviteCodes`, params, who)
  await codes('codes of an account', bearer(first.token), {})
  await codes('without making new ones', bearer(first.token), { createAvailable: false })
  await codes('without used ones', bearer(first.token), { includeUsed: false })
  await codes('codes of nobody', pass, {})
  await codes('codes of the operator', operator, {})
  const { body: gift } = await many('codes for an account', { codeCount: 2, useCount: 1, forAccounts: [first.did] })
  const { body: list } = await codes('gifts', bearer(first.token), {})
  const given = gift.codes?.[0]?.codes?.[0] ?? list.codes?.[0]?.code
  const second = await join('with a gift', given)
  await c.get('who invited whom', `${A}.getAccountInfo`, { did: second.did }, operator)
  await c.get('whom somebody invited', `${A}.getAccountInfo`, { did: first.did }, operator)
  const all = (label, params, who = operator) => c.get(label, `${A}.getInviteCodes`, params, who)
  await all('all codes', { limit: 2 })
  await all('all codes by use', { sort: 'usage', limit: 2 })
  await all('all codes in an unknown order', { sort: 'colour' })
  await all('all codes from nonsense', { cursor: 'nonsense' })
  await all('all codes for nobody', {}, pass)
  await all('501 codes', { limit: 501 })
  const off = (label, input, who = operator) => c.post(label, `${A}.disableInviteCodes`, input, who)
  await off('turning off by nobody', { codes: [code] }, pass)
  await off('turning off those of the operator', { accounts: ['admin'] })
  await off('turning off nothing', {})
  await off('turning off one', { codes: [gift.codes?.[0]?.codes?.[1] ?? 'none'] })
  await join('with one that is off', gift.codes?.[0]?.codes?.[1] ?? 'none')
  await off('turning off those of an account', { accounts: [first.did] })
  await codes('what an account has left', bearer(first.token), {})
  const invites = (label, name, input, who = operator) => c.post(label, `${A}.${name}`, input, who)
  await invites('an account may not invite', 'disableAccountInvites', { account: first.did, note: 'too many' })
  await codes('codes of one that may not', bearer(first.token), {})
  await c.get('it is known', `${A}.getAccountInfo`, { did: first.did }, operator)
  await invites('it may again', 'enableAccountInvites', { account: first.did })
  await c.get('that is known as well', `${A}.getAccountInfo`, { did: first.did }, operator)
  await invites('an unknown account', 'disableAccountInvites', { account: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })
  await invites('by nobody', 'disableAccountInvites', { account: first.did }, pass)

  const { body: single } = await c.quietly(`${S}.createInviteCode`, { input: { useCount: 1 }, who: operator })
  const crowd = (index) => ({
    handle: `crowd${index}.test`,
    email: `crowd${index}@example.com`,
    password: 'password',
    inviteCode: single.code,
  })
  await c.atOnce('of many with the same code at once one is let in', 10, (index) =>
    c.quietly(`${S}.createAccount`, { input: crowd(index), who: pass }),
  )
}
