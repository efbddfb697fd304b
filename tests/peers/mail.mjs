// A mail server of another maker, `smtp-server`: what users are mailed arrives there and works, and what
// cannot be delivered waits, whatever happens to the server meanwhile.

import { join } from 'node:path'

import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

import { adminPassword, ask, atEnd, call, check, drive, equal, folder, freePort, installed, plc, runToEnd, start, topic, until } from './ground.mjs'

const USER = 'shells'
const PASSWORD = 'a pass:word@home'
const FROM = 'Shells <shells@example.com>'
const credentials = `${USER}:${encodeURIComponent(PASSWORD)}`

/** A mail server that keeps what it is given. Without an account there it takes nothing. */
const openPost = (port, options = {}) =>
  new Promise((resolve, reject) => {
    const mails = []
    const post = new SMTPServer({
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _, done) =>
        username === USER && password === PASSWORD ? done(null, { user: username }) : done(new Error('who is that?')),
      onData: (stream, { envelope }, done) => {
        simpleParser(stream)
          .then((mail) => {
            mails.push({ ...mail, envelope })
            done()
          })
          .catch(done)
      },
      ...options,
    })
    post.on('error', reject)
    post.listen(port, '127.0.0.1', () => {
      atEnd(() => new Promise((closed) => post.close(closed)))
      resolve(mails)
    })
  })

/** Our program with a folder of its own, as often as it is started. */
const ours = async (url) => {
  const [port, data] = [await freePort(), await folder()]
  const env = { PAGURUS_MAIL__SMTP_URL: url, PAGURUS_MAIL__FROM: FROM, PAGURUS_SERVICE_DID: 'did:web:mail.test' }
  const args = ['serve', '--dev', '--no-rate-limits', '--admin-password', adminPassword, '--plc-url', plc]
  args.push('--data', data, '--listen', `127.0.0.1:${port}`)
  const host = { url: `http://localhost:${port}` }
  host.begin = async () => {
    host.process = start(process.env.PAGURUS_BIN, args, { env, log: join(installed, 'logs', 'mail.server.log') })
    const answers = async () => (await call('_health', { url: host.url })).status === 200
    await until('the server answers', async () => host.process.ended || answers())
    check(!host.process.ended, 'it goes on', host.process.errors.slice(-1000))
  }
  host.ask = (nsid, options) => ask(nsid, { url: host.url, ...options })
  return host
}

const codeOf = (mail) => {
  const [, code] = mail.text.match(/\n {4}([A-Z2-7]{5}-[A-Z2-7]{5})\n/) ?? []
  check(code, `${mail.subject} has a code`, mail.text)
  check(mail.html.includes(`<pre>${code}</pre>`), 'in both forms', mail.html)
  equal([mail.from.text, mail.headers.get('auto-submitted')], [`"Shells" <shells@example.com>`, 'auto-generated'], 'it says who sends it')
  return code
}

const explained = async (url, expected) => {
  const env = { PAGURUS_MAIL__SMTP_URL: url, PAGURUS_MAIL__FROM: FROM }
  const { errors } = await runToEnd(process.env.PAGURUS_BIN, ['config', 'check-mail', 'alice@example.org'], { env, fails: true })
  check(errors.includes(expected), `${url} is explained`, errors)
}

await drive('mail', async () => {
  const port = await freePort()
  const server = await ours(`smtp://${credentials}@127.0.0.1:${port}`)
  await server.begin()
  const email = 'alice@example.org'
  const account = await server.ask('com.atproto.server.createAccount', {
    input: { handle: 'alice.test', email, password: 'the first' },
  })
  let token = account.accessJwt
  const post = (method, input) =>
    server.ask(`com.atproto.${method}`, input ? { token, input } : { token, bytes: '' })

  await topic('mail waits for its server, through a crash', async () => {
    await post('server.requestEmailConfirmation')
    await server.process.stop('SIGKILL')
    await server.begin()
  })
  const mails = await openPost(port)
  const next = async (action) => {
    const before = mails.length
    await action()
    return until('a mail arrives', () => mails.length > before && mails.at(-1), 60)
  }

  await topic('it arrives once, and its code works', async () => {
    const mail = await next(() => {})
    equal([mails.length, mail.envelope.rcptTo[0].address], [1, email], 'it arrives once')
    await post('server.confirmEmail', { email, token: codeOf(mail) })
    check((await server.ask('com.atproto.server.getSession', { token })).emailConfirmed, 'the address is confirmed')
  })
  await topic('so do the others', async () => {
    const update = await next(() => post('server.requestEmailUpdate'))
    await post('server.updateEmail', { email: 'alice@example.com', token: codeOf(update) })
    const identity = await next(() => post('identity.requestPlcOperationSignature'))
    equal(identity.to.text, 'alice@example.com', 'mail goes to the new address')
    const { operation } = await post('identity.signPlcOperation', { token: codeOf(identity) })
    check(operation.sig, 'an operation is signed')
    const reset = await next(() => post('server.requestPasswordReset', { email: 'alice@example.com' }))
    await post('server.resetPassword', { token: codeOf(reset), password: 'the second' })
    token = (await post('server.createSession', { identifier: 'alice.test', password: 'the second' })).accessJwt
    const farewell = await next(() => post('server.requestAccountDelete'))
    await post('server.deleteAccount', { did: account.did, password: 'the second', token: codeOf(farewell) })
  })
  await topic('what is wrong is said in words', async () => {
    const env = { PAGURUS_MAIL__SMTP_URL: `smtp://${credentials}@127.0.0.1:${port}`, PAGURUS_MAIL__FROM: FROM }
    const before = mails.length
    await runToEnd(process.env.PAGURUS_BIN, ['config', 'check-mail', email], { env })
    equal([mails.length, mails.at(-1).subject], [before + 1, 'Mail works'], 'a mail is sent')
    await explained(`smtp://${USER}:wrong@127.0.0.1:${port}`, 'user name and password')
    await explained(`smtp://${credentials}@127.0.0.1:${await freePort()}`, 'nothing listens there')
    await explained(`smtp://${credentials}@127.0.0.1:${port}?tls=required`, 'STARTTLS')
    const secure = await freePort()
    await openPost(secure, { secure: true, disabledCommands: [] })
    await explained(`smtps://${credentials}@127.0.0.1:${secure}`, 'TLS failed')
  })
})
