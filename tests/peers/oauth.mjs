// Apps of other makers are let in by OAuth, and keep it: clients for servers and desktops, for browsers,
// in Go and in Rust. People decide on our pages, by clicking or by a stand-in that fills in forms.

import { attempt, check, drive, equal, freePort, say } from './ground.mjs'
import { answerTo, keyedApp, localApp } from './oauth/apps.mjs'
import { browsers } from './oauth/browsers.mjs'
import { hasChromium } from './oauth/chromium.mjs'
import { openHost, serve } from './oauth/host.mjs'
import { programs } from './oauth/programs.mjs'
import { sets, single } from './oauth/scopes.mjs'
import { ended, keyed, lasting, signingIn } from './oauth/sessions.mjs'
import { Visitor } from './oauth/visitor.mjs'

const WIDE = 'atproto transition:generic transition:email'

/** Where apps have what they publish: documents, keys, pages. */
const openApps = async () => {
  const [port, published] = [await freePort(), new Map()]
  await serve(port, (path) => published.get(path))
  return { origin: `http://127.0.0.1:${port}`, publish: (path, document) => published.set(path, document) }
}

/** Starts the server again, which is told then whose permission sets to believe. */
const startAgain = async (host, author) => {
  const person = await host.account()
  const app = localApp(host, WIDE)
  const { session } = await app.signIn(new Visitor(host.url), person)
  await host.end()
  await host.begin({ PAGURUS_LEXICON_AUTHORITY_DID: author.did })
  equal(await answerTo(session), '200', 'sessions are known when it is back')
  await session.getTokenInfo(true)
  equal(await answerTo(session), '200', 'and refreshed')
}

await drive('oauth', async () => {
  check(process.env.PAGURUS_BIN, 'PAGURUS_BIN names our program')
  const apps = await openApps()
  const host = await openHost(apps.origin)
  await host.begin()
  await signingIn(host, apps)
  await lasting(host, 'an app without keys', () => localApp(host, WIDE))
  let count = 0
  const open = () => keyedApp(host, apps, `lasting${count++}`, WIDE, { isBehind: count % 2 === 0 })
  await lasting(host, 'an app with keys', open)
  await keyed(host, apps)
  await ended(host)
  await single(host)

  const author = await host.account('author')
  await attempt('sessions outlive the server', () => startAgain(host, author))
  const later = await sets(host, apps, author)

  const named = await openHost(apps.origin, 'https://pds.shells.social')
  await named.begin()
  await programs(host, named, apps)
  await named.end()

  if (hasChromium()) await browsers(host, apps)
  else say('absent: Chromium, so that nobody has clicked')
  await later()
  await host.end()
})
