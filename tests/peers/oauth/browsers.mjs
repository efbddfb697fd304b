// Apps in a browser, and people who click.

import { attempt, check, equal } from '../ground.mjs'
import { answerTo, localApp } from './apps.mjs'
import { bundle, openChromium, Tab } from './chromium.mjs'

const SCOPE = 'atproto transition:generic account:email'
const MAKERS = ['atproto', 'atcute']
const DENIED = { atproto: 'access_denied', atcute: 'The user rejected the request' }

/** Signs in on our page, which the app has led to. */
const signIn = async (tab, person) => {
  equal(await tab.title(), 'Sign in', 'a stranger signs in')
  equal(await tab.value('identifier'), person.handle, 'the app has said who it is for')
  await tab.fill({ password: person.password })
  await tab.press('Sign in')
}

const letIn = async (tab, at, person) => {
  await tab.goTo(at)
  await tab.leave(person.handle)
  await signIn(tab, person)
  await tab.press('Authorize')
  equal((await tab.app()).did, person.did, 'the app gets whom it has asked for')
}

/** An app of each maker, in a browser of its own. */
const ofEach = async (chromium, host, origin, maker) => {
  const at = `${origin}/${maker}`
  const fresh = async () => Tab.open(await chromium.createBrowserContext())

  await attempt(`${maker}: an app in a browser is let in`, async () => {
    const person = await host.account('clicker')
    const tab = await fresh()
    equal((await tab.goTo(at)).did, undefined, 'nobody is there yet')
    await tab.leave(person.handle, { state: 'kept' })
    await tab.fill({ password: 'not this one' })
    await tab.press('Sign in')
    const told = await tab.text()
    check(told.includes('do not belong together'), 'a wrong password is explained', told)
    await signIn(tab, person)
    const shown = await tab.text()
    check(shown.includes(person.handle) && shown.includes(person.did), 'it is shown for whom', shown)
    await tab.press('Authorize')
    const begun = await tab.app()
    equal([begun.did, begun.state], [person.did, 'kept'], 'the app gets whom it has asked for')
    equal(tab.page.url(), at, 'and no code stays in the address')
    equal(await tab.ask('call'), person.did, 'it calls')
    check((await tab.ask('write')).startsWith(`at://${person.did}/`), 'and writes')
    equal((await tab.goTo(at)).did, person.did, 'it is still let in when the page is loaded again')
    equal(await tab.ask('call'), person.did, 'and calls')
    tab.checkQuiet()
  })

  await attempt(`${maker}: a browser keeps what it has`, async () => {
    const person = await host.account('keeper')
    const tab = await fresh()
    await letIn(tab, at, person)
    const before = await tab.ask('tokens')
    equal((await tab.ask('refresh')).split(' ').sort(), SCOPE.split(' ').sort(), 'what it may do stays')
    check((await tab.ask('tokens')) !== before, 'the token is new')
    const lost = await tab.loseNext('/oauth/token')
    const error = await tab.ask('refresh').then(() => null, (error) => error)
    check(error, 'the app hears of no answer')
    equal(await lost(), 1, 'one answer was lost')
    await tab.ask('refresh')
    equal(await tab.ask('call'), person.did, 'but the next one')
    const other = await Tab.open(tab.page.browserContext())
    equal((await other.goTo(at)).did, person.did, 'another tab knows it')
    await Promise.all([tab.ask('refresh'), other.ask('refresh')])
    equal([await tab.ask('call'), await other.ask('call')], [person.did, person.did], 'both go on')
    await tab.ask('signOut')
    const answer = await other.ask('call').catch((error) => `${error}`)
    check(answer !== person.did, 'when one signs out the other is out', answer)
    equal((await other.goTo(at)).did, undefined, 'and forgets')
  })

  await attempt(`${maker}: the app is told that somebody does not want to`, async () => {
    const person = await host.account('denier')
    const tab = await fresh()
    await tab.goTo(at)
    await tab.leave(person.handle)
    await signIn(tab, person)
    await tab.press('Deny access')
    equal((await tab.app()).error, DENIED[maker], 'it knows why')
    equal((await tab.goTo(at)).did, undefined, 'and has nothing')
  })
}

/** What people do on our pages. */
const pages = async (chromium, host, origin, publish) => {
  const at = `${origin}/atproto`
  const fresh = async () => Tab.open(await chromium.createBrowserContext())

  await attempt('by clicking: a mailed code', async () => {
    const person = await host.account('coded')
    await host.secondFactor(person)
    const tab = await fresh()
    await tab.goTo(at)
    const before = (await host.mails(person.email)).length
    await tab.leave(person.handle)
    await signIn(tab, person)
    equal(await tab.title(), 'Check your e-mail', 'a code is asked for')
    await tab.fill({ code: await host.code(person.email, before) })
    await tab.press('Sign in')
    await tab.press('Authorize')
    equal((await tab.app()).did, person.did, 'the app is let in')
    tab.checkQuiet()
  })

  await attempt('by clicking: a new account', async () => {
    const tab = await fresh()
    await tab.goTo(at)
    await tab.leave(host.url)
    await tab.press('Create an account', 'link')
    await tab.fill({ handle: 'clicked', email: 'clicked@example.com', new_password: 'long enough now' })
    await tab.press('Create the account')
    await tab.press('Authorize')
    const { did } = await host.ask('com.atproto.identity.resolveHandle', { params: { handle: 'clicked.test' } })
    equal((await tab.app()).did, did, 'the app gets who has just come')
    equal(await tab.ask('call'), did, 'and calls')
    tab.checkQuiet()
  })

  await attempt('by clicking: less than the app wants, in French', async () => {
    const person = await host.account('unticker')
    const tab = await fresh()
    await tab.goTo(at)
    await tab.leave(person.handle)
    await signIn(tab, person)
    await tab.press('Français')
    equal(await tab.page.$eval('html', (html) => html.lang), 'fr', 'the page is in French')
    const boxes = await tab.page.$$eval('input[name=allow]', (boxes) => boxes.map(({ value, checked }) => [value, checked]))
    const email = boxes.findIndex(([value]) => value === 'account:email')
    check(email >= 0 && boxes.every(([, checked]) => checked), 'all can be unticked', boxes)
    await tab.page.click(`input[name=allow][value="account:email"]`)
    await tab.press('Autoriser')
    equal((await tab.app()).did, person.did, 'the app is let in')
    equal((await tab.ask('refresh')).split(' ').sort(), ['atproto', 'transition:generic'], 'to less than it wanted')
  })

  await attempt('by clicking: a forgotten password', async () => {
    const person = await host.account('forgetter')
    const [old, tab] = [await fresh(), await fresh()]
    await letIn(old, at, person)
    await tab.goTo(at)
    await tab.leave(person.handle)
    await tab.press('Forgot your password?', 'link')
    const before = (await host.mails(person.email)).length
    await tab.fill({ email: person.email })
    await tab.press('Send a code')
    await tab.fill({ code: await host.code(person.email, before), new_password: 'remembered by now' })
    await tab.press('Set the password')
    equal(await tab.title(), 'Password updated', 'it is said that it is new')
    await tab.press('Sign in', 'link')
    await signIn(tab, { ...person, password: 'remembered by now' })
    await tab.press('Authorize')
    equal((await tab.app()).did, person.did, 'the app that waited is let in')
    const answer = await old.ask('call').catch((error) => `${error}`)
    check(answer.startsWith('401'), 'what was let in before is out', answer)
  })

  await attempt('by clicking: one of two', async () => {
    const people = [await host.account('left'), await host.account('right')]
    const tab = await fresh()
    for (const [index, person] of people.entries()) {
      await tab.goTo(at)
      await tab.leave(host.url)
      const offered = await tab.page.$$eval('button[name=did]', (buttons) => buttons.map((button) => button.value))
      equal(offered, people.slice(0, index).map(({ did }) => did), 'who is known is offered')
      await tab.press(index === 0 ? 'Sign in' : 'Use another account', 'link')
      await tab.fill({ identifier: person.email, password: person.password })
      await tab.page.click('#remember')
      await tab.press('Sign in')
      await tab.press('Authorize')
      equal((await tab.app()).did, person.did, 'the app gets who has signed in')
    }
    await tab.leave(host.url)
    const offered = await tab.page.$$eval('button[name=did]', (buttons) => buttons.map((button) => button.value))
    equal(offered.toSorted(), people.map(({ did }) => did).sort(), 'both are offered')
    await Promise.all([tab.page.waitForNavigation(), tab.page.click(`button[value="${people[0].did}"]`)])
    equal(await tab.title(), 'Authorize', 'without a password')
    await tab.press('Authorize')
    equal((await tab.app()).did, people[0].did, 'the app gets whoever was chosen')
    tab.checkQuiet()
  })

  await attempt('by clicking: a form leads back by itself', async () => {
    const person = await host.account('poster')
    const redirect = `${origin}/posted`
    publish('/posted', ['text/html', '<!DOCTYPE html><title>posted</title>'])
    const app = localApp(host, 'atproto', { responseMode: 'form_post', redirect })
    const tab = await fresh()
    let posted
    tab.page.on('request', (request) => {
      if (request.url() === redirect && request.method() === 'POST') posted = request.postData()
    })
    await tab.page.goto((await app.client.authorize(person.handle)).href)
    await signIn(tab, person)
    await tab.press('Authorize')
    await tab.page.waitForFunction(() => document.title === 'posted')
    const { session } = await app.client.callback(new URLSearchParams(posted))
    equal(await answerTo(session), '200', 'the app gets its answer')
    tab.checkQuiet()
  })

  await attempt('by clicking: in a window of its own', async () => {
    const person = await host.account('popper')
    const tab = await fresh()
    await tab.goTo(at)
    const opened = new Promise((resolve) => tab.page.once('popup', resolve))
    const outcome = tab.ask('popUp', person.handle)
    outcome.catch(() => {})
    const popup = new Tab(await opened)
    await popup.page.waitForSelector('#password')
    await popup.fill({ password: person.password })
    await popup.press('Sign in')
    const authorize = await popup.page.waitForSelector('::-p-aria([name="Authorize"][role="button"])')
    await authorize.click()
    equal(await outcome, person.did, 'the app gets whom it has asked for')
    equal(await tab.ask('call'), person.did, 'and calls')
  })
}

/** Lets people click in Chromium. `origin` is where `publish` puts pages of apps. */
export const browsers = async (host, { origin, publish }) => {
  const chromium = await openChromium()
  for (const [path, page] of await bundle(host, SCOPE, MAKERS)) publish(path, page)
  for (const maker of MAKERS) await ofEach(chromium, host, origin, maker)
  await pages(chromium, host, origin, publish)
}
