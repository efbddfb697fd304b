// Chromium without a window, and what somebody does in it.

import { existsSync } from 'node:fs'

import { build } from 'esbuild'
import puppeteer from 'puppeteer-core'

import { atEnd, check, folder, plc } from '../ground.mjs'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

export const hasChromium = () => existsSync(CHROMIUM)

export const openChromium = async () => {
  const userDataDir = await folder()
  // It has to run for root, too, in containers; what it is shown is ours.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--lang=en-US']
  const chromium = await puppeteer.launch({ executablePath: CHROMIUM, userDataDir, headless: true, args })
  atEnd(() => chromium.close())
  return chromium
}

/** The pages of apps, by the names of their scripts in `page/`. */
export const bundle = async (host, scope, names) => {
  const pages = new Map()
  for (const name of names) {
    const entry = new URL(`./page/${name}.js`, import.meta.url).pathname
    const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: 'esm', write: false, logLevel: 'error' })
    const config = JSON.stringify({ host: host.url, plc, scope })
    const html = `<!DOCTYPE html><title>${name}</title><script>window.config = ${config}</script><script type="module" src="/${name}.js"></script>`
    pages.set(`/${name}`, ['text/html', html])
    pages.set(`/${name}.js`, ['text/javascript', outputFiles[0].text])
  }
  return pages
}

/** A tab: somebody looks at it and clicks. */
export class Tab {
  constructor(page) {
    this.page = page
    this.problems = []
    page.setDefaultTimeout(15_000)
    page.on('pageerror', (error) => this.problems.push(`${error}`))
    page.on('console', (message) => {
      if (/Content Security Policy|Permissions policy/i.test(message.text())) this.problems.push(message.text())
    })
  }

  static async open(context) {
    return new Tab(await context.newPage())
  }

  title() {
    return this.page.title()
  }

  text() {
    return this.page.$eval('body', (body) => body.innerText)
  }

  /** Goes to an app, and gives what it has begun with. */
  async goTo(url) {
    await this.page.goto(url)
    return this.app()
  }

  /** What the app has begun with, once it is shown. */
  async app() {
    await this.page.waitForFunction(() => window.app)
    return this.page.evaluate(() => window.app.ready)
  }

  /** Asks the app something, by the name of a function. */
  ask(name, ...rest) {
    return this.page.evaluate((name, rest) => window.app[name](...rest), name, rest)
  }

  /** Has the app lead to our pages. */
  async leave(...rest) {
    const gone = this.page.waitForNavigation()
    this.page.evaluate((rest) => void window.app.signIn(...rest).catch((error) => (document.title = `${error}`)), rest)
    await gone
  }

  async fill(fields) {
    for (const [id, text] of Object.entries(fields)) await this.page.locator(`#${id}`).fill(text)
  }

  value(id) {
    return this.page.$eval(`#${id}`, (input) => input.value)
  }

  /** Presses a button, or follows a link, by the name that is read out. */
  async press(name, role = 'button') {
    const found = await this.page.waitForSelector(`::-p-aria([name="${name}"][role="${role}"])`)
    await Promise.all([this.page.waitForNavigation(), found.click()])
  }

  /** Whether all was as browsers like it. */
  checkQuiet() {
    check(this.problems.length === 0, 'the browser has nothing to complain about', this.problems)
  }

  /** Loses the next answer to what is sent to a path, after the server has given it. */
  async loseNext(path) {
    const session = await this.page.createCDPSession()
    let lost = 0
    session.on('Fetch.requestPaused', async ({ requestId, request, responseStatusCode }) => {
      const isMeant = request.method === 'POST' && responseStatusCode === 200 && lost === 0
      if (!isMeant) return session.send('Fetch.continueRequest', { requestId })
      lost += 1
      return session.send('Fetch.failRequest', { requestId, errorReason: 'ConnectionReset' })
    })
    await session.send('Fetch.enable', { patterns: [{ urlPattern: `*${path}`, requestStage: 'Response' }] })
    return async () => {
      await session.detach()
      return lost
    }
  }
}
