// Somebody moves from the reference server to ours in a browser, from the first screen to the report: the
// page is loaded anew in the middle, the server is started again, and the browser complains about nothing.
// Somebody else does who signs in on the pages of the reference server, and enters no password of it here: to
// a server as it is on this machine, and to one that has a name and TLS, of which the other reads who it is.

import { createPrivateKey, createPublicKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import puppeteer from 'puppeteer-core'

import { adminPassword, atEnd, call, check, drive, equal, folder, freePort, installed, plc, signingKey, start, topic, until } from './ground.mjs'
import { Front } from './moves/front.mjs'
import { Reference } from './moves/hosts.mjs'
import { Person } from './moves/person.mjs'
import { checkBlobs } from './moves/repository.mjs'

const RECORDS = Number(process.env.PEERS_RECORDS ?? 300)
const BLOBS = Number(process.env.PEERS_BLOBS ?? 30)
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

if (!existsSync(CHROMIUM)) {
  console.log(`wizard: there is no browser at ${CHROMIUM}`)
  process.exit(77)
}

/** A server that can be started again where it was, with what it knew; and what browsers know it by. */
const newHost = async (source, front) => {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const host = { url, name: 'pagurus', pages: front?.url ?? url }
  const args = ['serve', '--dev', '--no-rate-limits', '--admin-password', adminPassword, '--plc-url', plc]
  args.push('--data', await folder(), '--listen', `127.0.0.1:${port}`, '--public-url', host.pages)
  if (front) front.port = port
  const env = {
    PAGURUS_SERVICE_DID: '"did:web:wizard.test"',
    PAGURUS_PRIVATE_ORIGINS: JSON.stringify([source.url]),
  }
  let starts = 0
  host.start = async () => {
    const log = join(installed, 'logs', `wizard.${front?.name ?? 'server'}${starts++}.log`)
    host.process = start(process.env.PAGURUS_BIN, args, { env, log })
    const answers = async () => (await call('_health', { url: host.url })).status === 200
    await until('our server answers', async () => host.process.ended || answers())
    check(!host.process.ended, 'our server goes on', host.process.errors.slice(-1000))
  }
  host.stop = async () => equal((await host.process.stop()).ended.code, 0, 'our server ends well')
  host.call = (nsid, options) => call(nsid, { url: host.url, ...options })
  host.ask = async (nsid, options) => {
    const { status, body } = await host.call(nsid, options)
    check(status === 200, `${nsid} answers 200`, { status, body })
    return body
  }
  await host.start()
  return host
}

/** Checks that an account is open where it has moved to and closed where it was, with its files. */
const checkArrival = async (person, from, to) => {
  const input = { identifier: person.did, password: person.passwords.get(to) }
  const { accessJwt, active } = await to.ask('com.atproto.server.createSession', { input })
  equal(active, true, 'the account is open here')
  const status = await from.ask('com.atproto.sync.getRepoStatus', { params: { did: person.did } })
  equal(status.active, false, 'and closed there')
  person.tokens.set(to, accessJwt)
  person.host = to
  await checkBlobs(to, person)
}

/** A tab, and what the browser complains about. */
const newTab = async (browser, theirs) => {
  const context = await browser.createBrowserContext()
  const tab = await context.newPage()
  tab.complaints = []
  tab.on('console', (message) => {
    // A form that has to be corrected is answered with 422, and a server that is away with nothing.
    const isExpected = /status of 422|ERR_CONNECTION_|ERR_EMPTY_RESPONSE/.test(message.text())
    // What others' pages complain about is theirs.
    const places = [message.location().url ?? '', tab.url()]
    // It comes before their page does, and does not say whose header it is: ours has no such part.
    const isTheirHeader = /Permissions-Policy header: .*'document-domain'/.test(message.text())
    const isOurs = !theirs || !(isTheirHeader || places.some((place) => place.startsWith(theirs.url)))
    if (['error', 'warn'].includes(message.type()) && !isExpected && isOurs) tab.complaints.push(message.text())
  })
  tab.on('pageerror', (error) => tab.complaints.push(error.message))
  tab.setDefaultTimeout(60_000)
  return tab
}

/** The form that leads somewhere, and a button of it. */
const form = (action) => `form[action="/move/${action}"]`
const at = (tab) => new URL(tab.url()).pathname

/** Fills a form in, in place of what is there, and sends it. */
const send = async (tab, action, fields = {}) => {
  for (const [name, value] of Object.entries(fields)) {
    const input = await tab.waitForSelector(`${form(action)} [name="${name}"]`)
    await input.evaluate((input) => (input.value = ''))
    await input.type(value)
  }
  await Promise.all([tab.waitForNavigation(), tab.click(`${form(action)} button:not([type="button"])`)])
}

/** Waits until the page itself has gone where a move is by now. */
const untilForm = (tab, action) => tab.waitForSelector(form(action))

/** The public half of a key that the browser has made, by our own reckoning. */
const publicHalf = (secret) => {
  check(secret.startsWith('z'), 'the private half is in base58', secret.slice(0, 1))
  let number = 0n
  for (const letter of secret.slice(1)) number = number * 58n + BigInt(ALPHABET.indexOf(letter))
  const bytes = Buffer.from(number.toString(16), 'hex')
  equal([bytes.length, bytes.subarray(0, 2).toString('hex')], [34, '8626'], 'it is a key of P-256')
  const der = Buffer.concat([
    Buffer.from('30310201010420', 'hex'),
    bytes.subarray(2),
    Buffer.from('a00a06082a8648ce3d030107', 'hex'),
  ])
  const { x, y } = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'sec1' })).export({ format: 'jwk' })
  const isOdd = Buffer.from(y, 'base64url').at(-1) & 1
  number = BigInt(`0x${Buffer.from([0x80, 0x24, 2 + isOdd, ...Buffer.from(x, 'base64url')]).toString('hex')}`)
  let text = ''
  for (; number > 0n; number /= 58n) text = ALPHABET[Number(number % 58n)] + text
  return `did:key:z${text}`
}

/** The first two screens, to where the move has begun. */
const begin = async (tab, person, to) => {
  await tab.goto(`${to.url}/move`)
  await send(tab, 'found', { identifier: person.did })
  equal(at(tab), '/move/found', 'the account is found')
  await send(tab, 'source', { password: 'not the password' })
  check(await tab.$('#password-wrong'), 'a wrong password is told at its field')
  await send(tab, 'source', { password: person.passwords.get(person.host) })
  await untilForm(tab, 'begin')
  check(!(await tab.$('.findings.red')), 'nothing is in the way')
  await tab.reload()
  await untilForm(tab, 'begin')
  await tab.click('[data-make]')
  await tab.waitForSelector('[data-made]:not([hidden])')
  const secret = await tab.$eval('#private-key', ({ value }) => value)
  const key = await tab.$eval('[name="key"]', ({ value }) => value)
  equal(key, publicHalf(secret), 'the form has the public half of the key')
  const suggested = await tab.$eval('[name="handle"]', ({ value }) => value)
  equal(`${suggested}.test`, person.handle, 'the name is suggested')
  await send(tab, 'begin', { new_password: person.newPassword(to) })
  check(/^\/move\/(progress|review)$/.test(at(tab)), 'the move has begun', at(tab))
  return key
}

/** Presses a button of a page that is not ours, by what it says. */
const press = async (tab, name) => {
  const button = await tab.waitForSelector(`::-p-aria([name="${name}"][role="button"])`)
  await button.click()
}

/** Signs in on the pages of the reference server, and lets ours in. */
const letIn = async (tab, person, from, to) => {
  await Promise.all([tab.waitForNavigation(), tab.click(`${form('source/oauth')} button`)])
  check(tab.url().startsWith(`${from.url}/oauth/authorize?`), 'the browser is at the old host', tab.url())
  const app = new URL(tab.url()).searchParams.get('client_id')
  const document = to.pages.startsWith('https:') ? `${to.pages}/` : 'http://localhost?'
  check(app.startsWith(document), 'which knows ours by its document, if it has a name', app)
  const password = await tab.waitForSelector('input[type="password"]')
  await password.type(person.passwords.get(from))
  await press(tab, 'Sign in')
  await press(tab, 'Authorize')
}

/** The file that a link on the last screen leads to. */
const saved = async (browser, tab) => {
  const files = await folder()
  const client = await browser.target().createCDPSession()
  const contexts = { browserContextId: tab.browserContext().id }
  await client.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: files, ...contexts })
  await tab.click('a[download]')
  const name = await until('the report is there', async () => (await readdir(files)).find((name) => name.endsWith('.json')))
  const file = JSON.parse(await readFile(join(files, name), 'utf8'))
  return file.report ?? file
}

/** Somebody else moves, without a password of the old host being entered at ours. */
const byItsPages = async (browser, from, to, salt) => {
  const person = await Person.begin(from, salt)
  await person.fill(Math.min(RECORDS, 60), Math.min(BLOBS, 12))
  const tab = await newTab(browser, from)
  const by = `by the pages of the old host, to ${new URL(to.pages).protocol}`
  await topic(`${by} what we found`, async () => {
    await tab.goto(`${to.pages}/move`)
    await send(tab, 'found', { identifier: person.did })
    await letIn(tab, person, from, to)
    await untilForm(tab, 'begin')
    equal(new URL(tab.url()).origin, to.pages, 'the browser is back at our server by its name')
    check(!(await tab.$('.findings.red')), 'nothing is in the way')
    const known = await tab.$eval('.findings.yellow', ({ innerText }) => innerText)
    check(known.includes('date of birth'), 'what apps are not shown is said before', known)
    equal(await tab.$eval('[name="email"]', ({ value }) => value), person.email, 'the address is suggested')
    await send(tab, 'begin', { new_password: person.newPassword(to) })
    await untilForm(tab, 'review')
  })
  await topic(`${by} review and switch`, async () => {
    await to.stop()
    await to.start()
    await tab.reload()
    const code = await from.newMail(person.email, async () => {
      await tab.click('[name="agree"]')
      await send(tab, 'review')
      await untilForm(tab, 'confirm')
    })
    await send(tab, 'confirm', { code })
  })
  await topic(`${by} done`, async () => {
    await tab.waitForSelector('a[download]')
    const report = await saved(browser, tab)
    equal(report.after.head.data, report.before.head.data, 'the data root is that of the old host')
    equal(report.after.leaves.count, person.records.size, 'all records are counted')
    equal(report.after.blobs.missing, [], 'no file is missing')
    await checkArrival(person, from, to)
    const hidden = 'app.bsky.actor.defs#personalDetailsPref'
    person.preferences = person.preferences.filter(({ $type }) => $type !== hidden)
    await person.checkPreferences(to, 'preferences are the same, but for what apps are not shown')
  })
  return tab
}

/** Signs in at our server, in a browser of its own. */
const otherDevice = async (browser, person, to) => {
  const tab = await newTab(browser)
  await tab.goto(`${to.url}/account/sign-in`)
  await tab.type('[name="identifier"]', person.did)
  await tab.type('[name="password"]', person.passwords.get(to))
  await Promise.all([tab.waitForNavigation(), tab.click('form[action="/account/sign-in"] button')])
  await tab.goto(`${to.url}/move`)
  return tab
}

await drive('wizard', async () => {
  const front = await Front.open('pds.shells.social')
  const names = { NAME_HERE: front.name, NODE_EXTRA_CA_CERTS: front.certificate }
  const from = await Reference.open('reference', join(installed, 'logs', 'wizard.reference.log'), names)
  const to = await newHost(from)
  const person = await Person.begin(from, 31)
  await person.fill(RECORDS, BLOBS)
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM,
    // Chromium's own sandbox does not run for root, and nothing is opened but our own server.
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', `--host-resolver-rules=MAP ${front.name} 127.0.0.1`],
    // No browser knows who has signed the certificate.
    acceptInsecureCerts: true,
  })
  atEnd(() => browser.close())
  const tab = await newTab(browser)
  const keyBefore = await signingKey(person.did)

  const key = await topic('where are you now, and what we found', () => begin(tab, person, to))
  await topic('moving: the page follows by itself', async () => {
    await untilForm(tab, 'review')
    equal(at(tab), '/move/review', 'the page has gone to the next screen')
  })
  const other = await topic('another device, after the server was started again', async () => {
    await to.stop()
    await to.start()
    const other = await otherDevice(browser, person, to)
    await untilForm(other, 'review')
    equal(await signingKey(person.did), keyBefore, 'nothing has changed yet')
    const text = await other.$eval('main', ({ innerText }) => innerText)
    for (const part of [key, from.url, to.url]) check(text.includes(part), `the page names ${part}`, text)
    return other
  })
  await topic('review and switch', async () => {
    const code = await from.newMail(person.email, async () => {
      await other.click('[name="agree"]')
      await send(other, 'review')
      await untilForm(other, 'confirm')
    })
    await tab.reload()
    await untilForm(tab, 'confirm')
    await send(tab, 'confirm', { code: 'AAAAA-22222' })
    // The script of the page leads to where another code is asked for, and then entered.
    await tab.waitForFunction(() => document.querySelector('form[action="/move/resume"]') && !document.querySelector('form[action="/move/confirm"]'))
    const second = await from.newMail(person.email, async () => {
      await send(tab, 'resume')
      await untilForm(tab, 'confirm')
    })
    check(second !== code, 'it is another code')
    await send(tab, 'confirm', { code: second })
  })
  await topic('done', async () => {
    await tab.waitForSelector('a[download]')
    equal(at(tab), '/move/done', 'the page has gone to the last screen')
    const report = await saved(browser, tab)
    equal(report.after.head.data, report.before.head.data, 'the data root is that of the old host')
    equal(report.after.leaves.count, person.records.size, 'all records are counted')
    equal(report.after.blobs.missing, [], 'no file is missing')
    const { rotationKeys } = await (await fetch(`${plc}/${person.did}/data`)).json()
    equal(rotationKeys[0], key, 'the key that the browser has made comes first')
    await checkArrival(person, from, to)
    await person.checkPreferences(to, 'preferences are the same')
  })
  const third = await byItsPages(browser, from, to, 32)
  const named = await newHost(from, front)
  const fourth = await byItsPages(browser, from, named, 33)
  await topic('no complaints', async () => {
    for (const { complaints } of [tab, other, third, fourth]) equal(complaints, [], 'the browser complains about nothing')
    for (const host of [to, named]) {
      check(host.process.ended === null, 'the server goes on')
      await host.stop()
    }
  })
})
