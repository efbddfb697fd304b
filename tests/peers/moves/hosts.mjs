// The servers between which accounts move, and what differs between them.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Follower, followFromNow } from '../follower.mjs'
import { adminPassword, ask, call, check, folder, freePort, installed, pds, plc, sleep, start, until } from '../ground.mjs'
import { Stream } from './stream.mjs'

const program = fileURLToPath(new URL('../reference/pds.mjs', import.meta.url))

/** A server: how it is asked, and what it says. */
class Host {
  constructor(url) {
    this.url = url
  }

  call(nsid, options) {
    return call(nsid, { url: this.url, ...options })
  }

  ask(nsid, options) {
    return ask(nsid, { url: this.url, ...options })
  }

  async listen(follower) {
    this.did = (await this.ask('com.atproto.server.describeServer')).did
    this.stream = await Stream.open(this.url)
    this.follower = follower
  }

  // A mail is written before the answer to what asked for it is sent, or soon after.
  async newMail(email, action) {
    const before = (await this.tokens(email)).length
    await action()
    const tokens = await until(`${email} gets a mail`, async () => {
      const tokens = await this.tokens(email)
      return tokens.length > before && tokens
    })
    return tokens.at(-1)
  }
}

/** The server that is looked at. */
export class Ours extends Host {
  name = 'pagurus'
  isReference = false

  static async open() {
    const host = new Ours(pds)
    await host.listen(await followFromNow())
    return host
  }

  /** Another one of the same program, with a directory and settings of its own, which it has as variables. */
  static async beside(name, settings) {
    const port = await freePort()
    const host = new Ours(`http://localhost:${port}`)
    const env = { PAGURUS_SERVICE_DID: `did:web:${name}.test` }
    for (const [key, value] of Object.entries(settings)) env[`PAGURUS_${key.toUpperCase()}`] = JSON.stringify(value)
    const args = ['serve', '--dev', '--no-rate-limits', '--admin-password', adminPassword, '--plc-url', plc]
    args.push('--data', await folder(), '--listen', `127.0.0.1:${port}`)
    host.process = start(process.env.PAGURUS_BIN, args, { env, log: join(installed, 'logs', `moves.${name}.log`) })
    const answers = async () => (await host.call('_health')).status === 200
    await until(`${name} answers`, async () => host.process.ended || answers())
    check(!host.process.ended, `${name} goes on`, host.process.errors.slice(-1000))
    await host.listen(new Follower(0, host.url))
    return host
  }

  async tokens(email) {
    const mails = await (await fetch(`${this.url}/dev/mail`)).json()
    const texts = mails.filter(({ to }) => to === email).map(({ text }) => text)
    return texts.reverse().flatMap((text) => text.match(/\b[A-Z2-7]{5}-[A-Z2-7]{5}\b/i) ?? [])
  }
}

/** The reference server, in a process of its own. */
export class Reference extends Host {
  isReference = true

  static async open(name = 'reference', log, variables) {
    // Ours may only ask hosts on loopback that it was told of when it began.
    const isFirst = name === 'reference' && process.env.REFERENCE_PORT
    const port = isFirst ? Number(process.env.REFERENCE_PORT) : await freePort()
    const host = new Reference(`http://localhost:${port}`)
    host.name = name
    const env = { PDS_PORT: String(port), PDS_DATA_DIRECTORY: await folder(), PDS_DID_PLC_URL: plc, ...variables }
    const args = ['--disable-warning=ExperimentalWarning', program]
    host.process = start(process.execPath, args, { env, log })
    const answers = async () => (await host.call('_health')).status === 200
    await until(`${name} answers`, async () => host.process.ended || answers(), 60)
    check(!host.process.ended, `${name} goes on`, host.process.errors.slice(-1000))
    await host.listen(new Follower(0, host.url))
    await sleep(200)
    return host
  }

  async tokens(email) {
    const lines = this.process.output.split('\n').filter((line) => line.startsWith('{"mail"'))
    const mails = lines.map((line) => JSON.parse(line)).filter(({ to }) => to === email)
    return mails.map(({ token }) => token)
  }
}
