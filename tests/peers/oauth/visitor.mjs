// Somebody with a browser that has neither scripts nor pictures: follows links and redirects, keeps
// cookies, fills forms in, and says in headers where each step comes from, as browsers do.

import { request } from 'node:http'

import { check, equal } from '../ground.mjs'

// Not `fetch`, which says itself what a request is for, and never that somebody goes to a page.
const exchange = (url, through, { method, headers, body }) =>
  new Promise((resolve, reject) => {
    const type = body && { 'content-type': 'application/x-www-form-urlencoded' }
    const address = new URL(url.pathname + url.search, through)
    const init = { method, headers: { ...headers, ...type, host: url.host }, agent: false }
    const sent = request(address, init, async (response) => {
      try {
        const chunks = await response.toArray()
        const found = new Headers()
        for (const [name, values] of Object.entries(response.headersDistinct)) for (const value of values) found.append(name, value)
        resolve({ status: response.statusCode, headers: found, text: Buffer.concat(chunks).toString() })
      } catch (error) {
        reject(error)
      }
    })
    sent.on('error', reject)
    sent.end(body?.toString())
  })

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const decoded = (text) =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi, (all, hex, digits, name) => {
    if (name) return ENTITIES[name] ?? all
    return String.fromCodePoint(hex ? parseInt(hex, 16) : Number(digits))
  })

/** The attributes of a tag, as an object. */
const attributes = (tag) => {
  const found = {}
  for (const [, name, value] of tag.matchAll(/([a-z-]+)(?:="([^"]*)")?/gi)) found[name] = decoded(value ?? '')
  return found
}

const textOf = (html) => decoded(html.replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ').trim()

/** The forms of a page: where each leads, what is in it, and what can be pressed. */
const formsOf = (html) =>
  [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, tag, inside]) => {
    const inputs = [...inside.matchAll(/<(?:input|textarea)\b([^>]*)>/g)].map(([, input]) => attributes(input))
    for (const [, tag, options] of inside.matchAll(/<select\b([^>]*)>([\s\S]*?)<\/select>/g)) {
      const all = [...options.matchAll(/<option\b([^>]*)>/g)].map(([, option]) => attributes(option))
      const value = (all.find((option) => 'selected' in option) ?? all[0])?.value
      inputs.push({ name: attributes(tag).name, value })
    }
    const buttons = [...inside.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/g)]
    const pressed = buttons.map(([, button, label]) => ({ ...attributes(button), label: textOf(label) }))
    return { ...attributes(tag), inputs, buttons: pressed }
  })

/** What the pages must not lack: nobody may frame or keep them. */
const checkGuarded = (response, url) => {
  const header = (name) => response.headers.get(name) ?? ''
  const policy = header('content-security-policy')
  check(policy.includes("default-src 'none'") && policy.includes("frame-ancestors 'none'"), `${url} has a policy`, policy)
  equal([header('x-frame-options'), header('cache-control')], ['DENY', 'no-store'], 'nobody frames or keeps pages')
}

export class Visitor {
  #origin
  #through
  #cookies = new Map()
  #headers

  /** Somebody who visits a server, which is really at `through`, if that is another address. */
  constructor(origin, { lang = 'en', through = origin } = {}) {
    this.#origin = origin
    this.#through = through
    this.#headers = { 'accept-language': lang, 'user-agent': 'visitor', accept: 'text/html' }
  }

  /** Follows a link from another site, or from nowhere. */
  open(link) {
    return this.#go(new URL(link, this.#origin), { 'sec-fetch-site': 'cross-site' })
  }

  /** Follows a link of a page. */
  follow(page, link) {
    return this.#go(new URL(link, page.url), { 'sec-fetch-site': 'same-origin', referer: page.url })
  }

  /** Sends a form of a page: what it has, with `fields` instead, by one of its buttons. */
  async send(page, form, fields = {}, button) {
    const body = new URLSearchParams()
    const isKept = (input) => input.name && !(input.name in fields)
    for (const input of form.inputs.filter(isKept)) {
      if (input.type === 'checkbox' && !('checked' in input)) continue
      body.append(input.name, input.value ?? '')
    }
    for (const [key, values] of Object.entries(fields)) for (const value of [values].flat()) body.append(key, value)
    if (button?.name) body.append(button.name, button.value)
    const action = new URL(button?.formaction ?? form.action, page.url)
    const headers = { origin: this.#origin, referer: page.url, 'sec-fetch-site': 'same-origin' }
    return this.#go(action, headers, body)
  }

  async #go(start, headers, form) {
    let [url, body] = [start, form]
    for (let steps = 0; steps < 10; steps++) {
      if (url.origin !== this.#origin) return { away: url }
      const method = body ? 'POST' : 'GET'
      const cookie = [...this.#cookies].map((pair) => pair.join('=')).join('; ')
      const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', ...(cookie && { cookie }) }
      const response = await exchange(url, this.#through, { method, body, headers: { ...this.#headers, ...navigation, ...headers } })
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = line.match(/^([^=]+)=([^;]*)/)
        check(/; HttpOnly/.test(line) && /; SameSite=Lax/.test(line), 'cookies are out of reach of scripts', line)
        this.#cookies.set(name, value)
      }
      checkGuarded(response, url)
      if (response.status >= 300 && response.status < 400) {
        url = new URL(response.headers.get('location'), url)
        body = undefined
        continue
      }
      return this.#page(url, response.status, response.text)
    }
    throw new Error(`redirects do not end at ${url}`)
  }

  #page(url, status, html) {
    const forms = formsOf(html)
    const elsewhere = forms.find((form) => new URL(form.action, url).origin !== this.#origin)
    if (elsewhere) {
      const fields = elsewhere.inputs.map((input) => [input.name, input.value])
      return { away: new URL(elsewhere.action), posted: new URLSearchParams(fields) }
    }
    const [title] = html.match(/(?<=<title>)[^<]*/) ?? ['']
    const links = [...html.matchAll(/<a\b([^>]*)>/g)].map(([, tag]) => attributes(tag).href)
    const lang = html.match(/<html lang="([^"]*)"/)?.[1]
    const form = (step) => forms.find((form) => new URL(form.action, url).pathname.endsWith(step))
    return { url: url.href, status, html, text: textOf(html.split('<main')[1] ?? html), title, lang, forms, form, links }
  }

  /**
   * Goes with what an app asks for, and gives where the app is answered. `person` has a handle and a
   * password, and may have: `remember`; `code`, which gets the mailed one; `untick`, words of
   * permissions that are not agreed to; `deny`; `seen`, which is called with each page.
   */
  async decide(link, person) {
    let page = await this.open(link)
    for (let steps = 0; steps < 10; steps++) {
      if (page.away) return page
      await person.seen?.(page)
      page = await this.#step(page, person)
    }
    throw new Error(`the pages do not end; the last is ${page.title}`)
  }

  async #step(page, person) {
    check(page.status === 200, `${page.title} is a page to go on from`, page.text?.slice(0, 500))
    const [consent, code, signIn, choose, reopen] =
      ['/consent', '/code', '/sign-in', '/authorize/choose', '/reactivate'].map((step) => page.form(step))
    if (consent) return this.#agree(page, consent, person)
    if (code) return this.send(page, code, { code: await person.code() })
    if (signIn) {
      const fields = { password: person.password, ...(person.remember && { remember: 'on' }) }
      const isAsked = signIn.inputs.some((input) => input.name === 'identifier' && input.type !== 'hidden')
      return this.send(page, signIn, isAsked ? { identifier: person.handle, ...fields } : fields)
    }
    if (reopen) return this.send(page, reopen)
    if (choose) {
      const form = page.forms.find((form) => form.buttons.some((button) => button.value === person.did))
      if (form) return this.send(page, form, {}, form.buttons[0])
    }
    const link = page.links.find((link) => new URL(link, page.url).pathname.endsWith('/authorize/sign-in'))
    check(link, `${page.title} leads to signing in`, page.text)
    return this.follow(page, link)
  }

  #agree(page, form, person) {
    check(page.html.includes(person.did), 'consent says for whom it is', page.text)
    if (person.deny) {
      const button = form.buttons.find((button) => button.formaction?.endsWith('/cancel'))
      return this.send(page, form, {}, button)
    }
    const unticked = person.untick ?? []
    const boxes = form.inputs.filter((input) => input.type === 'checkbox')
    const kept = boxes.filter(({ value }) => !unticked.some((word) => value.includes(word)))
    check(boxes.length - kept.length === unticked.length, `it can be refused to grant ${unticked}`, boxes)
    return this.send(page, form, { allow: kept.map((box) => box.value) })
  }
}
