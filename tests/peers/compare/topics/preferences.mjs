// Preferences: whose they are, and which may be written.

import { admin } from '../side.mjs'
import { serviceToken } from '../tokens.mjs'

const D = 'app.bsky.actor.defs'
const GET = 'app.bsky.actor.getPreferences'
const PUT = 'app.bsky.actor.putPreferences'

export const script = async (c) => {
  const account = await c.account('petra')
  const { did, token } = account
  const { body: made } = await c.quietly('com.atproto.server.createAppPassword', { input: { name: 'app' }, who: token })
  const { body: session } = await c.quietly('com.atproto.server.createSession', {
    input: { identifier: did, password: made.password },
  })
  const app = session.accessJwt
  const get = (label, who = token, params = {}, options) => c.get(label, GET, params, who, options)
  const put = (label, preferences, who = token, options) => c.post(label, PUT, { preferences }, who, options)
  const adult = { $type: `${D}#adultContentPref`, enabled: true }
  const birth = (birthDate) => ({ $type: `${D}#personalDetailsPref`, birthDate })
  await get('none yet')
  await put('one', [adult])
  await get('one is there')
  await put('three', [
    adult,
    { $type: `${D}#contentLabelPref`, label: 'nudity', visibility: 'warn' },
    { $type: `${D}#contentLabelPref`, label: 'spam', visibility: 'hide' },
  ])
  await get('three are there')
  await get('an app password sees them', app)
  await put('a birthday', [adult, birth('1990-02-03T00:00:00.000Z')])
  await get('a birthday and what follows')
  await get('an app password sees what follows', app)
  await put('an app password writes', [{ ...adult, enabled: false }], app)
  await put('an app password writes a birthday', [birth('1980-02-03T00:00:00.000Z')], app)
  await get('the birthday is still there')
  await put('a child', [birth('2020-02-03T00:00:00.000Z')])
  await get('a child is told apart')
  await put('what follows is not written', [{ $type: `${D}#declaredAgePref`, isOverAge18: true }])
  await get('it is not there')
  await put('none', [])
  await get('none is left')
  await put('without a type', [{ enabled: true }])
  await put('of another app', [{ $type: 'com.example.pref', a: 1 }])
  await put('of a name that only begins so', [{ $type: 'app.bskyother.pref', a: 1 }])
  await put('that nobody knows', [{ $type: 'app.bsky.unheard.of', nested: [1, { a: null }] }])
  await get('what nobody knows is there')
  await put('with a wrong value', [{ $type: `${D}#adultContentPref`, enabled: 'yes' }])
  await put('no list', 'preferences')
  await put('nothing', undefined)
  await put('by nobody', [adult], null)
  await put('by the operator', [adult], admin)
  await get('for nobody', null)
  await get('for the operator', admin)
  await get('with nonsense', 'nonsense')
  const { moderation } = c
  const claims = { aud: c.did, lxm: GET }
  await get('for moderators', serviceToken(moderation.key, { iss: moderation.did, ...claims }), { did })
  await get(
    'for labelers',
    serviceToken(moderation.labelKey, { iss: `${moderation.did}#atproto_labeler`, ...claims }),
    { did },
  )
  await get('for moderators, of nobody', serviceToken(moderation.key, { iss: moderation.did, ...claims }))
  await get('for moderators, of an unknown DID', serviceToken(moderation.key, { iss: moderation.did, ...claims }), {
    did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa',
  })
  await get(
    'for moderators with the wrong key',
    serviceToken(moderation.labelKey, { iss: moderation.did, ...claims }),
    { did },
  )
  await get('with a DID that is not asked for', token, { did })
  const proxied = { headers: { 'atproto-proxy': `${moderation.did}#stub` } }
  await get('of another service', token, {}, proxied)
  await put('to another service', [adult], token, proxied)
  await get('of the app view by name', token, {}, { headers: { 'atproto-proxy': `${c.appview}#bsky_appview` } })
  await put('two with one type', [adult, { ...adult, enabled: false }])
  await get('two with one type are there')
}
