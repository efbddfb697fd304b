// A mail server of another maker, `smtp-server`: what users are mailed arrives there and works, and what
// cannot be delivered waits, whatever happens to the server meanwhile.

import { join } from 'node:path'

import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

import {
  adminPassword,
  ask,
  atEnd,
  call,
  check,
  drive,
  equal,
  folder,
  freePort,
  installed,
  plc,
  runToEnd,
  sleep,
  start,
  topic,
  until,
} from './ground.mjs'

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
      closeTimeout: 500,
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

/** Checks what every letter of the server has, and that its links lead somewhere. */
const checkLetter = async (mail) => {
  equal([mail.from.text, mail.headers.get('auto-submitted')], [`"Shells" <shells@example.com>`, 'auto-generated'], 'it says who sends it')
  const links = [...mail.html.matchAll(/<a href="([^"]*)">/g)].map(([, link]) => link)
  check(links.length > 0, `${mail.subject} has a link`, mail.html)
  for (const link of links) {
    check(mail.text.includes(link), 'it is in both forms', mail.text)
    const { status } = await fetch(link)
    equal(status, 200, `${link} leads somewhere`)
  }
}

const codeOf = (mail) => {
  const [, code] = mail.text.match(/\n {4}([A-Z2-7]{5}-[A-Z2-7]{5})\n/) ?? []
  check(code, `${mail.subject} has a code`, mail.text)
  check(mail.html.includes(`<pre>${code}</pre>`), 'in both forms', mail.html)
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
  let read = 0
  /** The next mail, which is this one and no other. */
  const next = async (subject, to) => {
    const mail = await until(`"${subject}" arrives`, () => mails[read], 60)
    read += 1
    const recipients = mail.envelope.rcptTo.map(({ address }) => address)
    equal([mail.subject, mail.to.text, recipients], [subject, to, [to]], 'the next mail')
    return mail
  }
  const letter = async (subject, to) => {
    const mail = await next(subject, to)
    await checkLetter(mail)
    return mail
  }
  const code = async (subject, to) => codeOf(await letter(subject, to))
  const news = async (subject, to, expected) => {
    const { text } = await letter(subject, to)
    check(text.includes(expected), `${to} is told`, text)
  }

  await topic('it arrives, and its code works', async () => {
    await post('server.confirmEmail', { email, token: await code('Email Confirmation', email) })
    check((await server.ask('com.atproto.server.getSession', { token })).emailConfirmed, 'the address is confirmed')
  })
  const moved = 'alice@example.com'
  await topic('so do the others', async () => {
    await post('server.requestEmailUpdate')
    await post('server.updateEmail', { email: moved, token: await code('Email Update Requested', email) })
    // The one that may have lost the account is told, and where it went.
    await news('Email Changed', email, moved)
    await post('identity.requestPlcOperationSignature')
    const input = { token: await code('PLC Update Operation Requested', moved) }
    const { operation } = await post('identity.signPlcOperation', input)
    check(operation.sig, 'an operation is signed')
    await post('server.requestPasswordReset', { email: moved })
    const reset = await code('Password Reset Requested', moved)
    await post('server.resetPassword', { token: reset, password: 'the second' })
    await news('Password Changed', moved, 'a new password')
  })
  await topic('codes are asked for at sign-in', async () => {
    const credentials = { identifier: 'alice.test', password: 'the second' }
    token = (await post('server.createSession', credentials)).accessJwt
    await post('server.requestEmailConfirmation')
    await post('server.confirmEmail', { email: moved, token: await code('Email Confirmation', moved) })
    await post('server.updateEmail', { email: moved, emailAuthFactor: true })
    await news('Sign-in Codes', moved, 'asked for a code')
    const method = 'com.atproto.server.createSession'
    const { status, body } = await call(method, { url: server.url, input: credentials })
    equal([status, body.error], [401, 'AuthFactorTokenRequired'], 'a password is not enough')
    const authFactorToken = await code('Sign-in Code', moved)
    token = (await post('server.createSession', { ...credentials, authFactorToken })).accessJwt
  })
  await topic('operators write to owners', async () => {
    const input = { recipientDid: account.did, senderDid: account.did, subject: 'About you', content: '<p>Well &amp; good.</p>' }
    await server.ask('com.atproto.admin.sendEmail', { admin: true, input })
    const mail = await next('About you', moved)
    equal([mail.text.trim(), mail.html.trim()], ['Well & good.', input.content], 'it is in both forms')
    equal([mail.from.text, mail.headers.has('auto-submitted')], [`"Shells" <shells@example.com>`, false], 'somebody wrote it')
  })
  await topic('an account goes by a code', async () => {
    await post('server.requestAccountDelete')
    const farewell = await code('Account Deletion Requested', moved)
    await post('server.deleteAccount', { did: account.did, password: 'the second', token: farewell })
  })
  await topic('what is wrong is said in words', async () => {
    const env = { PAGURUS_MAIL__SMTP_URL: `smtp://${credentials}@127.0.0.1:${port}`, PAGURUS_MAIL__FROM: FROM }
    await runToEnd(process.env.PAGURUS_BIN, ['config', 'check-mail', email], { env })
    await next('Mail works', email)
    await explained(`smtp://${USER}:wrong@127.0.0.1:${port}`, 'user name and password')
    await explained(`smtp://${credentials}@127.0.0.1:${await freePort()}`, 'nothing listens there')
    await explained(`smtp://${credentials}@127.0.0.1:${port}?tls=required`, 'STARTTLS')
    const secure = await freePort()
    await openPost(secure, { secure: true, disabledCommands: [] })
    await explained(`smtps://${credentials}@127.0.0.1:${secure}`, 'TLS failed')
  })
  await topic('each came once, and there were no others', async () => {
    // The server looks for mail once a second.
    await sleep(3000)
    equal(mails.slice(read).map(({ subject }) => subject), [], 'nothing else arrives')
    equal(new Set(mails.map(({ messageId }) => messageId)).size, read, 'each has a name of its own')
  })
})
