// The server that apps are let in at: one of our own, as it is started anew with another setting, and
// has to fetch what apps say of themselves from this machine.

import { createServer } from 'node:http'
import { join } from 'node:path'

import { adminPassword, ask, atEnd, call, check, folder, freePort, installed, plc, start, until } from '../ground.mjs'
import { spoil } from './spoil.mjs'

/** Serves answers on loopback: `answers` gives what is at a path, as JSON, or as a type and a body. */
export const serve = (port, answers) =>
  new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const found = answers(new URL(request.url, `http://127.0.0.1:${port}`).pathname)
      if (found === undefined) return response.writeHead(404).end()
      const [type, body] = Array.isArray(found) ? found : ['application/json', JSON.stringify(found)]
      response.writeHead(200, { 'content-type': type }).end(body)
    })
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () => {
      atEnd(() => new Promise((closed) => (server.close(closed), server.closeAllConnections())))
      resolve(server)
    })
  })

/** Our program with a folder of its own, as often as it is started, and called `name` by others. */
export const openHost = async (appOrigin, name) => {
  const [port, data, fault] = [await freePort(), await folder(), process.env.SPOIL_OAUTH]
  const listen = fault ? await freePort() : port
  if (fault) await spoil(fault, port, listen)
  const args = ['serve', '--dev', '--no-rate-limits', '--admin-password', adminPassword, '--plc-url', plc]
  const url = `http://localhost:${port}`
  args.push('--data', data, '--listen', `127.0.0.1:${listen}`, '--public-url', name ?? url)
  const host = { url, name: name ?? url, plc, process: null }
  const answers = async () => (await call('_health', { url: host.url })).status === 200

  host.begin = async (settings = {}) => {
    const env = { PAGURUS_PRIVATE_ORIGINS: JSON.stringify([appOrigin]), ...settings }
    const log = join(installed, 'logs', name ? 'oauth.named.log' : 'oauth.server.log')
    host.process = start(process.env.PAGURUS_BIN, args, { env, log })
    await until('the server answers', async () => host.process.ended || answers())
    check(!host.process.ended, 'it goes on', host.process.errors.slice(-1000))
  }

  /** Stops it, which has to end well. */
  host.end = async () => {
    const { ended, output, errors } = await host.process.stop()
    check(ended.code === 0, 'the server ends well', { ended, errors: errors.slice(-1000) })
    check(!`${output}${errors}`.includes('panicked at'), 'it has never panicked', errors.slice(-2000))
  }

  host.ask = (nsid, options) => ask(nsid, { url: host.url, ...options })
  host.call = (nsid, options) => call(nsid, { url: host.url, ...options })

  let accounts = 0
  host.account = async (prefix = 'app') => {
    const name = `${prefix}${accounts++}`
    const input = { handle: `${name}.test`, password: `password of ${name}`, email: `${name}@example.com` }
    const { did, accessJwt } = await host.ask('com.atproto.server.createAccount', { input })
    return { did, ...input, token: accessJwt }
  }

  /** Has an account ask for a mailed code beside the password, for which its address is confirmed first. */
  host.secondFactor = async ({ email, token }) => {
    const before = (await host.mails(email)).length
    await host.ask('com.atproto.server.requestEmailConfirmation', { token, type: 'application/json' })
    const input = { email, token: await host.code(email, before) }
    await host.ask('com.atproto.server.confirmEmail', { token, input })
    await host.ask('com.atproto.server.updateEmail', { token, input: { email, emailAuthFactor: true } })
  }

  /** Waits for the newest mail to an address that has come after so many of them, and gives its code. */
  host.code = async (email, before) => {
    const mails = await until(`a mail to ${email} comes`, async () => {
      const found = await host.mails(email)
      return found.length > before && found
    })
    const [code] = mails.at(-1).match(/\b[A-Z2-7]{5}-[A-Z2-7]{5}\b/) ?? []
    check(code, 'the mail has a code', mails.at(-1))
    return code
  }
  host.mails = async (email) => {
    const newestFirst = await (await fetch(`${host.url}/dev/mail`)).json()
    return newestFirst.filter(({ to }) => to === email).map(({ text }) => text).reverse()
  }
  return host
}
