// What apps go through with their sessions, by `@atproto/oauth-client-node`.

import { attempt, check, equal } from '../ground.mjs'
import { answerTo, keyedApp, localApp, refused, useAsAgent, WEB_CALLBACK } from './apps.mjs'
import { Visitor } from './visitor.mjs'

const WIDE = 'atproto transition:generic transition:email'

/** An app that somebody has let in. */
const letIn = async (host, app, scope) => {
  const person = await host.account()
  const { session } = await app.signIn(new Visitor(host.url), person, scope && { scope })
  return { person, did: person.did, session }
}

/** Signing in, with whatever the app asks of the way back. */
export const signingIn = async (host, apps) => {
  await attempt('an app without keys is let in', async () => {
    const person = await host.account()
    const app = localApp(host, WIDE)
    const asked = await app.wire.since('/oauth/par', () => app.client.authorize(person.handle, { state: 'my state' }))
    equal(asked.short, ['400 use_dpop_nonce', '201'], 'the first nonce is asked for')
    const pages = []
    const { away } = await new Visitor(host.url).decide(asked.result, { ...person, seen: (page) => pages.push(page.title) })
    equal(pages, ['Sign in', 'Authorize'], 'a stranger signs in and is asked')
    equal(away.searchParams.get('iss'), host.url, 'the answer says who gives it')
    const { session, state } = await app.client.callback(away.searchParams)
    equal([session.did, state], [person.did, 'my state'], 'the app gets whom it has asked for')
    const info = await session.getTokenInfo(false)
    equal([info.scope, info.iss, info.sub], [WIDE, host.url, person.did], 'and what')
    await useAsAgent(session, person)
    const replayed = await refused('a code is good once', () => app.client.callback(away.searchParams))
    check(/Unknown authorization session/.test(replayed.message), 'the app itself notices', replayed.message)
  })

  await attempt('answers come as the app wants them', async () => {
    const person = await host.account()
    for (const responseMode of ['query', 'fragment', 'form_post']) {
      const app = localApp(host, 'atproto', { responseMode })
      const { session } = await app.signIn(new Visitor(host.url), person)
      equal(await answerTo(session), '200', `${responseMode} leads back`)
    }
  })

  await attempt('whoever does not want to is believed', async () => {
    const person = await host.account()
    const app = localApp(host, WIDE)
    const error = await refused('the app is refused', () =>
      app.signIn(new Visitor(host.url), { ...person, deny: true }, { state: 'kept' }),
    )
    equal([error.constructor.name, error.params?.get('error'), error.state], ['OAuthCallbackError', 'access_denied', 'kept'], 'it is told')
    equal([error.params.get('iss'), app.sessions.map.size], [host.url, 0], 'by whom, and has nothing')
  })

  await attempt('apps say how somebody is asked', async () => {
    const person = await host.account()
    const keyed = await keyedApp(host, apps, 'prompted', WIDE)
    const visitor = new Visitor(host.url)
    const login = await refused('nobody is there', () => keyed.signIn(visitor, person, { prompt: 'none' }))
    equal(login.params?.get('error'), 'login_required', 'nobody is signed in')
    const seen = []
    const noting = { ...person, remember: true, seen: (page) => seen.push(page.title) }
    await keyed.signIn(visitor, noting)
    await keyed.signIn(visitor, noting)
    equal(seen, ['Sign in', 'Authorize'], 'who has agreed is not asked again')
    await keyed.signIn(visitor, noting, { prompt: 'none' })
    equal(seen.length, 2, 'nor when the app insists on it')
    const asked = await visitor.open(await keyed.client.authorize(person.handle, { prompt: 'login' }))
    const known = asked.form('/sign-in')?.inputs.find((input) => input.name === 'identifier')
    equal([known?.type, known?.value], ['hidden', person.did], 'the password alone is asked for when the app wants it')
    const local = localApp(host, WIDE)
    seen.length = 0
    await local.signIn(visitor, noting)
    equal(seen, ['Authorize'], 'an app without keys is never let in silently')
    const more = await refused('it wants to be silent', () => local.signIn(visitor, noting, { prompt: 'none' }))
    equal(more.params?.get('error'), 'consent_required', 'not even if it insists')
  })

  await attempt('accounts are made on the way', async () => {
    const app = localApp(host, WIDE)
    const visitor = new Visitor(host.url)
    let page = await visitor.open(await app.client.authorize(host.url, { prompt: 'create' }))
    equal(page.title, 'Sign up', 'the page to sign up')
    const wanted = { handle: 'newcomer', email: 'newcomer@example.com', new_password: 'short' }
    page = await visitor.send(page, page.form('/sign-up'), wanted)
    check(page.status === 422 && page.text.includes('at least 8'), 'a short password is explained', page.text)
    page = await visitor.send(page, page.form('/sign-up'), { ...wanted, new_password: 'long enough now' })
    equal(page.title, 'Authorize', 'then it is asked')
    const { away } = await visitor.send(page, page.form('/consent'))
    const { session } = await app.client.callback(away.searchParams)
    const { did } = await host.ask('com.atproto.identity.resolveHandle', { params: { handle: 'newcomer.test' } })
    equal(session.did, did, 'the app gets who has just come')
  })

  await attempt('a mailed code is asked for', async () => {
    const person = await host.account('careful')
    await host.secondFactor(person)
    const app = localApp(host, WIDE)
    const before = (await host.mails(person.email)).length
    const visitor = new Visitor(host.url)
    let page = await visitor.open(await app.client.authorize(person.handle))
    page = await visitor.send(page, page.form('/sign-in'), { identifier: person.handle, password: person.password })
    check(page.form('/code') && page.text.includes('c***@example.com'), 'the page says where the code is', page.text)
    page = await visitor.send(page, page.form('/code'), { code: 'AAAAA-BBBBB' })
    equal(page.status, 422, 'a wrong code is refused')
    page = await visitor.send(page, page.form('/code'), { code: await host.code(person.email, before) })
    equal(page.title, 'Authorize', 'the right one is taken')
    const { away } = await visitor.send(page, page.form('/consent'))
    equal(await answerTo((await app.client.callback(away.searchParams)).session), '200', 'the app is let in')
  })
}

/** Tokens that end, get lost, are wanted twice. `open` gives an app, with keys or without. */
export const lasting = async (host, kind, open) => {
  await attempt(`${kind}: nonces are renewed`, async () => {
    const app = await open()
    const { session } = await letIn(host, app)
    await app.nonces.set(host.url, 'of yesterday')
    const called = await app.wire.since('com.atproto.server.getSession', () => answerTo(session))
    equal([called.result, called.short], ['200', ['401 use_dpop_nonce', '200']], 'a call is made again')
  })

  await attempt(`${kind}: nonces are renewed at a refresh`, async () => {
    const app = await open()
    const { session } = await letIn(host, app)
    await app.nonces.set(host.url, 'of yesterday')
    const { short, seen } = await app.wire.since('/oauth/token', () => session.getTokenInfo(true))
    equal(short, ['400 use_dpop_nonce', '200'], 'a refresh is made again')
    equal(seen[0].body, seen[1].body, 'with the same body: the nonce has used up nothing')
  })

  await attempt(`${kind}: tokens are refreshed in time`, async () => {
    const app = await open()
    const { session, did } = await letIn(host, app)
    const before = app.tokens(did)
    await app.expire(did)
    const { short, result } = await app.wire.since('/oauth/token', () => answerTo(session))
    const after = app.tokens(did)
    equal([result, short], ['200', ['200']], 'a call refreshes first')
    check(before.access_token !== after.access_token && before.refresh_token !== after.refresh_token, 'both are new')
    equal([after.scope, after.sub], [before.scope, did], 'what they are good for stays')
  })

  await attempt(`${kind}: two refresh at once, and both go on`, async () => {
    const first = await open()
    const { did } = await letIn(host, first)
    const second = first.again()
    const [one, two] = [await first.client.restore(did, false), await second.client.restore(did, false)]
    await Promise.all([one.getTokenInfo(true), two.getTokenInfo(true)])
    equal([await answerTo(one), await answerTo(two)], ['200', '200'], 'both go on')
    for (const [ahead, behind, app] of [[one, two, second], [two, one, first]]) {
      await ahead.getTokenInfo(true)
      const { result, short } = await app.wire.since('/oauth/token', () => answerTo(behind))
      equal([result, short], ['200', ['200']], 'who is behind refreshes when its token is refused')
      equal(await answerTo(ahead), '200', 'which ends nothing')
    }
  })

  await attempt(`${kind}: an answer to a refresh is lost`, async () => {
    const app = await open()
    const { session, did } = await letIn(host, app)
    const before = app.tokens(did)
    app.wire.losing = '/oauth/token'
    await refused('the app hears of no answer', () => session.getTokenInfo(true))
    equal(app.tokens(did), before, 'it has kept what it had')
    const { short } = await app.wire.since('/oauth/token', () => session.getTokenInfo(true))
    equal([short, await answerTo(session)], [['200'], '200'], 'the next one gets what was lost')
  })

  await attempt(`${kind}: a token of long ago ends the session`, async () => {
    const app = await open()
    const { session, did } = await letIn(host, app)
    const thief = app.again()
    const old = await thief.client.restore(did, false)
    await session.getTokenInfo(true)
    await session.getTokenInfo(true)
    const error = await refused('it is refused', () => old.getTokenInfo(true))
    equal(error.constructor.name, 'TokenRefreshError', 'for good')
    check((await answerTo(session)).startsWith('401'), 'whoever has the newest one loses it, too')
  })

  await attempt(`${kind}: the app gives its session back`, async () => {
    const app = await open()
    const { session, did } = await letIn(host, app)
    const copy = await app.again().client.restore(did, false)
    const { short } = await app.wire.since('/oauth/revoke', () => session.signOut())
    equal([short.at(-1), app.sessions.map.size], ['200', 0], 'it is over')
    check((await answerTo(copy)).startsWith('401'), 'at once, for whoever has copied it')
  })
}

/** Apps with keys have to prove that they have them. */
export const keyed = async (host, apps) => {
  await attempt('keys are asked for', async () => {
    const app = await keyedApp(host, apps, 'proving', WIDE)
    const { session } = await letIn(host, app)
    equal((await session.getTokenInfo(false)).scope, WIDE, 'an app with keys is let in')
    const { seen } = await app.wire.since('/oauth/token', () => session.getTokenInfo(true))
    const sent = new URLSearchParams(seen.at(-1).body)
    check(sent.get('client_assertion')?.split('.').length === 3, 'it proves itself at a refresh', seen)
    const bare = { client_id: sent.get('client_id'), response_type: 'code', redirect_uri: WEB_CALLBACK, scope: WIDE }
    const challenge = { code_challenge: 'A'.repeat(43), code_challenge_method: 'S256', state: 'x' }
    for (const [claim, more] of [
      ['without a proof', {}],
      ['with one that was used', { client_assertion_type: sent.get('client_assertion_type'), client_assertion: sent.get('client_assertion') }],
    ]) {
      const body = new URLSearchParams({ ...bare, ...challenge, ...more })
      const response = await fetch(`${host.url}/oauth/par`, { method: 'POST', body })
      const { error, error_description: why } = await response.json()
      check(error === 'invalid_client', `${claim} nobody is it`, [error, why])
    }
  })

  await attempt('another key is another app', async () => {
    const app = await keyedApp(host, apps, 'stolen', WIDE)
    const { did } = await letIn(host, app)
    const other = await keyedApp(host, apps, 'thief', WIDE)
    const thief = other.again({ sessions: app.sessions.copy() })
    thief.client.clientMetadata.client_id = app.client.clientMetadata.client_id
    const stolen = await thief.sessions.get(did)
    await thief.sessions.set(did, { ...stolen, authMethod: { method: 'private_key_jwt', kid: 'thief-1' } })
    const error = await refused('its keys are not published', () => thief.client.restore(did, true))
    check(`${error} ${error.cause}`.includes('invalid_client'), 'it is told', `${error} ${error.cause}`)
    equal(await answerTo(await app.client.restore(did, true)), '200', 'and the session goes on')
  })
}

/** What ends sessions from the other side. */
export const ended = async (host) => {
  await attempt('another password ends what apps have', async () => {
    const app = localApp(host, WIDE)
    const { session, person } = await letIn(host, app)
    const before = (await host.mails(person.email)).length
    await host.ask('com.atproto.server.requestPasswordReset', { input: { email: person.email } })
    const token = await host.code(person.email, before)
    await host.ask('com.atproto.server.resetPassword', { input: { token, password: 'quite another one' } })
    check((await answerTo(session)).startsWith('401'), 'the app is out')
    await refused('for good', () => session.getTokenInfo(true))
  })

  await attempt('who sleeps is not acted for', async () => {
    const app = localApp(host, WIDE)
    const { session, person } = await letIn(host, app)
    await host.ask('com.atproto.server.deactivateAccount', { token: person.token, input: {} })
    check((await answerTo(session)).startsWith('401'), 'the app is out')
    const seen = []
    const again = await app.signIn(new Visitor(host.url), { ...person, seen: (page) => seen.push(page.title) })
    equal(seen.length, 3, 'between signing in and agreeing it is asked whether to wake up')
    equal(await answerTo(again.session), '200', 'whoever wakes up is back')
  })
}
