// Reports to moderators.

import { admin } from '../side.mjs'

const REPORT = 'com.atproto.moderation.createReport'

export const script = async (c) => {
  const account = await c.account('renate')
  const { did, token } = account
  const subject = { $type: 'com.atproto.admin.defs#repoRef', did: 'did:web:example.com' }
  const report = (label, changes, who = token, options) =>
    c.post(
      label,
      REPORT,
      { reasonType: 'com.atproto.moderation.defs#reasonSpam', reason: 'it is spam', subject, ...changes },
      who,
      options,
    )
  const more = {
    id: 7,
    reasonType: 'com.atproto.moderation.defs#reasonSpam',
    subject,
    reportedBy: did,
    createdAt: '2026-01-01T00:00:00.000Z',
  }
  c.stub.wanted.set(REPORT, { more })
  await report('of an account', {})
  await report('of a record', {
    subject: {
      $type: 'com.atproto.repo.strongRef',
      uri: 'at://did:web:example.com/app.bsky.feed.post/a',
      cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
    },
  })
  await report('of another kind', { subject: { $type: 'com.example.subject', a: 1 } })
  await report('for another reason', { reasonType: 'tools.ozone.report.defs#reasonOther' })
  await report('for no reason', { reasonType: undefined })
  await report('of nothing', { subject: undefined })
  await report('with more', { modTool: { name: 'test', meta: { a: 1 } } })
  await report('to another service', {}, token, { headers: { 'atproto-proxy': `${c.moderation.did}#stub` } })
  await report('to a service that is wrong', {}, token, { headers: { 'atproto-proxy': 'nonsense' } })
  await report('with labelers', {}, token, { headers: { 'atproto-accept-labelers': 'did:web:labels.example' } })
  await report('by nobody', {}, null)
  await report('by the operator', {}, admin)
  await report('taken down', {}, c.forged(did, { scope: 'com.atproto.takendown' }))
  c.stub.wanted.set(REPORT, { status: 400, body: { error: 'InvalidReason', message: 'not that' } })
  await report('that is refused', {})
  c.stub.wanted.set(REPORT, { status: 500, body: { error: 'Broken', message: 'not now' } })
  await report('to a service that is broken', {})
  c.stub.wanted.delete(REPORT)

  for (const [name, params] of [
    ['checkSignupQueue', {}],
    ['checkHandleAvailability', { handle: 'free.test' }],
    ['fetchLabels', {}],
    ['dereferenceScope', { scope: 'ref:abc' }],
  ])
    for (const [who, credential] of [
      ['nobody', null],
      ['a session', token],
      ['the operator', admin],
    ])
      await c.get(`${name} for ${who}`, `com.atproto.temp.${name}`, params, credential)
  await c.get(
    'checkSignupQueue for one who waits',
    'com.atproto.temp.checkSignupQueue',
    {},
    c.forged(did, { scope: 'com.atproto.signupQueued' }),
  )
  for (const [name, input] of [
    ['addReservedHandle', { handle: 'reserved2' }],
    ['requestPhoneVerification', { phoneNumber: '+49' }],
    ['revokeAccountCredentials', { account: did }],
  ])
    for (const [who, credential] of [
      ['nobody', null],
      ['a session', token],
      ['the operator', admin],
    ])
      await c.post(`${name} for ${who}`, `com.atproto.temp.${name}`, input, credential)
}
