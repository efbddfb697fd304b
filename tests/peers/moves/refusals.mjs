// What a server has to refuse while somebody moves to it, and that nothing has changed then.

import { generateKeyPairSync, sign } from 'node:crypto'
import http from 'node:http'

import { blocksToCarFile, cborToLexRecord, readCar, readCarWithRoot, signCommit } from '@atproto/repo'

import { attempt, check, equal, signingKey, sleep } from '../ground.mjs'
import { Person } from './person.mjs'
import { checkRepository, exported, head, missingRows } from './repository.mjs'
import { Move, catchUp, createAccountInput, operations, serviceToken, styles } from './steps.mjs'

const CREATE = 'com.atproto.server.createAccount'
const IMPORT = 'com.atproto.repo.importRepo'
const SUBMIT = 'com.atproto.identity.submitPlcOperation'
const origin = 'https://tool.example'
const CAR = 'application/vnd.ipld.car'

/** A call is refused with one of these names, and a page in a browser gets to know it. */
const refused = async (host, nsid, options, status, names, claim) => {
  const answer = await host.call(nsid, { ...options, headers: { origin } })
  const { error, message } = answer.body
  check(
    [status].flat().includes(answer.status) && names.includes(error) && typeof message === 'string',
    `${claim} is refused as ${status} ${names}`,
    [answer.status, answer.body],
  )
  check(['*', origin].includes(answer.headers.get('access-control-allow-origin')), 'pages may read why', [
    ...answer.headers,
  ])
  return answer.body
}

/** What the owner of an account sees of it. */
const looks = async (host, person) => {
  const token = person.token(host)
  const status = await host.ask('com.atproto.server.checkAccountStatus', { token })
  const latest = await head(await exported(host, person.did, { token }))
  const keys = await host.ask('com.atproto.identity.getRecommendedDidCredentials', { token })
  const lacks = await missingRows(host, person)
  return { status, cid: latest.cid, keys, lacks, log: await operations(person.did) }
}

/** Whatever `body` does, the account looks as before. */
const unchanged = async (host, person, claim, body) => {
  const before = await looks(host, person)
  await body()
  equal(await looks(host, person), before, `${claim} changes nothing`)
}

// A key of nobody's. Half of all signatures have the low form that the protocol wants.
const strangersKey = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  const signLow = (bytes) => {
    for (;;) {
      const signature = sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })
      if (signature[32] < 0x7f) return new Uint8Array(signature)
    }
  }
  return { sign: async (bytes) => signLow(bytes) }
}

/** The same archive with another commit, made by `change` and signed by a stranger. */
const forged = async (car, change = (commit) => commit) => {
  const { commit, blocks, root } = await head(car)
  const { sig: _, ...unsigned } = commit
  blocks.delete(root)
  const cid = await blocks.add(await signCommit(change(unsigned), strangersKey()))
  return blocksToCarFile(cid, blocks)
}

/** The CIDs of all that a repository is made of. */
const reachable = async (car) => {
  const { blocks, commit } = await head(car)
  const found = new Set()
  const walk = (link) => {
    found.add(link.toString())
    const { l, e } = cborToLexRecord(blocks.get(link))
    if (l) walk(l)
    for (const { v, t } of e) {
      found.add(v.toString())
      if (t) walk(t)
    }
  }
  walk(commit.data)
  return found
}

/** The same archive without a block. */
const without = async (car, text) => {
  const { root, blocks } = await readCarWithRoot(car)
  blocks.delete(blocks.cids().find((cid) => cid.toString() === text))
  return blocksToCarFile(root, blocks)
}

/** Where the blocks of an archive end: what is cut there is an archive, but not a whole one. */
const ends = (car) => {
  const found = []
  for (let at = 0; at < car.length;) {
    let size = 0
    for (let shift = 0; ; shift += 7) {
      const byte = car[at++]
      size += (byte & 127) * 2 ** shift
      if (byte < 128) break
    }
    at += size
    if (at < car.length) found.push(at)
  }
  return found
}

/** Who may make an account for a DID that is there already. */
export const beginnings = async (person, stranger, to) => {
  const input = createAccountInput(person, 'password')
  const make = (token, claim, names) => refused(to, CREATE, { input, token }, [400, 401], names, claim)
  await make(undefined, 'without a token', ['AuthenticationRequired', 'AuthMissing'])
  await make('nonsense', 'with nonsense', ['BadJwt', 'InvalidToken', 'AuthenticationRequired'])
  const names = ['AuthenticationRequired', 'BadJwt', 'InvalidToken', 'UntrustedIss']
  await make(await serviceToken(stranger, to), 'with the token of another', names)
  const aud = person.host.did
  await make(await serviceToken(person, to, { aud }), 'with a token for another server', ['BadJwtAudience'])
  const lxm = 'com.atproto.repo.uploadBlob'
  await make(await serviceToken(person, to, { lxm }), 'with a token for something else', ['BadJwtLexiconMethod'])
  const token = await serviceToken(person, to)
  const [part, claims, signature] = token.split('.')
  const other = `${part}.${claims}.${signature.slice(0, 20)}${signature[20] === 'A' ? 'B' : 'A'}${signature.slice(21)}`
  await make(other, 'with a token that nobody signed', ['BadJwtSignature'])
  const log = { identifier: person.did, password: 'password' }
  await refused(to, 'com.atproto.server.createSession', { input: log }, 401, ['AuthenticationRequired'], 'a session')
}

/** Who has proven to own a sleeping account may come back to it, as often as it takes. */
export const resumption = async (move) => {
  const { person, to } = move
  await unchanged(to, person, 'coming back', async () => {
    const password = person.newPassword(to)
    const input = createAccountInput(person, password)
    const token = await serviceToken(person, to)
    const made = await to.ask(CREATE, { input, token })
    equal([made.did, made.handle], [person.did, person.handle], 'it is the same account')
    check(made.accessJwt && made.refreshJwt, 'with a session', Object.keys(made))
    person.tokens.set(to, made.accessJwt)
    await person.logIn(to)
    await refused(
      to,
      CREATE,
      { input },
      [400, 401],
      ['AuthenticationRequired', 'AuthMissing', 'AlreadyExists', 'HandleNotAvailable', 'InvalidRequest'],
      'without a token',
    )
  })
}

/** Who comes back may want another name meanwhile. */
export const renaming = async (move) => {
  const { person, to } = move
  for (const handle of [`x${person.handle}`, person.handle]) {
    const input = { ...createAccountInput(person, person.newPassword(to)), handle, email: `${handle}@example.com` }
    const made = await to.ask(CREATE, { input, token: await serviceToken(person, to) })
    equal(made.handle, handle, 'the name is the one that is asked for')
    person.tokens.set(to, made.accessJwt)
    const { alsoKnownAs } = await move.there('com.atproto.identity.getRecommendedDidCredentials')
    equal(alsoKnownAs, [`at://${handle}`], 'and the one to tell the directory')
    const session = await move.there('com.atproto.server.getSession')
    equal([session.handle, session.email], [handle, `${handle}@example.com`], 'and that of the session')
  }
  await move.person.logIn(to)
}

/** Archives that must not get in: `isWhole` ones have all blocks, others those since the last time. */
export const archives = async (move, stranger, { isWhole, isEmpty }) => {
  const { person, to, from } = move
  const token = person.token(to)
  const since = isWhole ? undefined : move.brought.rev
  const good = await exported(from, person.did, { since, token: person.token(from) })
  const names = ['InvalidRequest', 'InvalidRepo', 'InvalidCar']
  const reject = (bytes, claim) => refused(to, IMPORT, { bytes, type: CAR, token }, 400, names, claim)
  await unchanged(to, person, 'a wrong archive', async () => {
    const others = await exported(stranger.host, stranger.did)
    const { message } = await reject(others, 'the archive of another')
    check(message.includes(stranger.did) && message.includes(person.did), 'naming both', message)
    await reject(await forged(good), 'an archive signed by a stranger')
    await reject(await forged(good, (commit) => ({ ...commit, did: stranger.did })), 'an archive with another DID')
    // Without some of its blocks it is as good as one that brings what is new, if the rest is there.
    const known = isWhole && !isEmpty
    const there = await reachable(await exported(to, person.did, { token }))
    const wanted = [...(await reachable(await exported(from, person.did, { token: person.token(from) })))]
    const needed = wanted.filter((cid) => !there.has(cid))
    check(known || needed.length > 3, 'something is new', needed.length)
    const between = ends(good)
    const whole = Array.from({ length: 10 }, (_, index) => between[Math.floor((between.length * index) / 10)])
    const places = Array.from({ length: 20 }, (_, index) => Math.floor((good.length * index) / 20))
    const lengths = [...places, 1, 10, 60, 100, good.length - 40, good.length - 1].filter(
      (length) => !between.includes(length),
    )
    for (const length of known ? [] : [...whole, between.at(-1)]) {
      const { blocks } = await readCar(good.slice(0, length))
      const has = new Set(blocks.cids().map(String))
      if (needed.some((cid) => !has.has(cid))) lengths.push(length)
    }
    for (const length of lengths)
      await reject(good.slice(0, length), `an archive cut after ${length} of ${good.length} bytes`)
    const { blocks, root } = await readCarWithRoot(good)
    const cids = blocks.cids().map(String)
    const mayBeAbsent = (at) => {
      const cid = cids[between.findLastIndex((end) => end <= at)]
      return cid && cid !== root.toString() && !needed.includes(cid)
    }
    for (let each = 0; each < 40; each += 1) {
      const bytes = Uint8Array.from(good)
      const at = each < 8 ? each * 16 : person.random.below(good.length)
      if (!known && mayBeAbsent(at)) continue
      bytes[at] ^= 1 << person.random.below(8)
      // A block of another kind of name is none of the repository's, and the one it was may be there.
      const { status } = known ? await to.call(IMPORT, { bytes, type: CAR, token }) : {}
      if (status === 200) continue
      const around = Buffer.from(bytes.slice(at - 4, at + 4)).toString('hex')
      await reject(bytes, `an archive with another byte at ${at} of ${good.length} (${around})`)
    }
    for (const cid of [needed[0], needed[1], needed.at(-1), needed.at(-2)].filter((cid) => cid))
      await reject(await without(good, cid), `an archive without block ${cid} of ${needed}`)
    await reject(new Uint8Array(0), 'nothing')
    await reject(Buffer.from('this is no archive'), 'no archive')
  })
  await unchanged(to, person, 'an archive from nobody', async () => {
    const names = ['AuthMissing', 'AuthenticationRequired']
    await refused(to, IMPORT, { bytes: good, type: CAR }, 401, names, 'an archive from nobody')
  })
}

/** An archive whose sender goes away in the middle, and one that comes three times at once. */
export const hurry = async (move) => {
  const { person, to, from } = move
  const token = person.token(to)
  const archive = Buffer.from(await exported(from, person.did, { token: person.token(from) }))
  await unchanged(to, person, 'half an archive', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': CAR, 'content-length': archive.length }
    const request = http.request(`${to.url}/xrpc/${IMPORT}`, { method: 'POST', headers })
    const failed = new Promise((resolve) => request.on('error', resolve).on('close', resolve))
    request.write(archive.subarray(0, archive.length / 2), () => setTimeout(() => request.destroy(), 100))
    await failed
    await sleep(200)
  })
  const answers = await Promise.all([1, 2, 3].map(() => to.call(IMPORT, { bytes: archive, type: CAR, token })))
  const states = answers.map(({ status }) => status)
  check(states.includes(200) && states.every((status) => status < 500), 'of archives at once one gets in', states)
}

/** What an account may not do before its identity is here. */
export const tooEarly = async (move, bystander) => {
  const { person, to, from } = move
  const token = person.token(to)
  const heard = to.stream.of(person.did).length
  await unchanged(to, person, 'what is too early', async () => {
    await refused(
      to,
      'com.atproto.server.activateAccount',
      { bytes: '', token },
      400,
      ['InvalidRequest'],
      'being active',
    )
    const input = { repo: person.did, collection: 'test.pagurus.early', record: { $type: 'test.pagurus.early' } }
    const names = ['AccountDeactivated', 'RepoDeactivated']
    await refused(to, 'com.atproto.repo.createRecord', { input, token }, [400, 401, 403], names, 'writing')
    const params = { did: person.did }
    await refused(to, 'com.atproto.sync.getRepo', { params }, 400, ['RepoDeactivated'], 'being read by others')
  })
  const recommended = await move.there('com.atproto.identity.getRecommendedDidCredentials')
  const signed = async (changes) => {
    const code = await from.newMail(person.email, () =>
      move.here('com.atproto.identity.requestPlcOperationSignature', { bytes: '' }),
    )
    const input = { ...recommended, ...changes, token: code }
    return (await move.here('com.atproto.identity.signPlcOperation', { input })).operation
  }
  const elsewhere = { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: 'https://elsewhere.example' } }
  for (const [claim, changes] of [
    ['an identity elsewhere', { services: elsewhere }],
    ['an identity with another key', { verificationMethods: { atproto: move.keyBefore } }],
    ['an identity out of our hands', { rotationKeys: [move.keyBefore] }],
    ['an identity with another name', { alsoKnownAs: ['at://another.test'] }],
  ]) {
    const operation = await signed(changes)
    await unchanged(to, person, claim, () =>
      refused(to, SUBMIT, { input: { operation }, token }, 400, ['InvalidRequest'], claim),
    )
  }
  await catchUp(to, bystander)
  equal(to.stream.of(person.did).length, heard, 'nobody hears of it')
}

/** An account that is active is not overwritten, nor made again. */
export const tooLate = async (move, bystander) => {
  const { person, to } = move
  const token = person.token(to)
  const archive = await exported(move.from, person.did, { token: person.token(move.from) })
  const own = await exported(to, person.did)
  const before = to.stream.of(person.did).length
  await unchanged(to, person, 'what is too late', async () => {
    const names = ['InvalidRequest', 'AccountActive', 'RepoActive']
    await refused(to, IMPORT, { bytes: archive, type: CAR, token }, 400, names, 'an archive of long ago')
    // What was written late is added to an active account; in its own archive there is nothing new.
    await to.ask(IMPORT, { bytes: own, type: CAR, token })
    const input = createAccountInput(person, 'another password')
    const anew = { input, token: await serviceToken(person, to) }
    await refused(
      to,
      CREATE,
      anew,
      400,
      ['AlreadyExists', 'InvalidRequest', 'HandleNotAvailable'],
      'an account that is there',
    )
    await person.logIn(to)
  })
  await catchUp(to, bystander)
  equal(to.stream.of(person.did).length, before, 'nobody hears of it')
  await checkRepository(to, person, { key: await signingKey(person.did) })
  // Being active once more is no fault, with a body or without one.
  for (const body of [{ bytes: '' }, { bytes: '', type: 'application/json' }, { input: {} }])
    await attempt(`an active account is activated with ${JSON.stringify(body)}`, () =>
      move.there('com.atproto.server.activateAccount', body),
    )
  await catchUp(to, bystander)
  const kinds = to.stream
    .of(person.did)
    .slice(before)
    .map(({ kind }) => kind)
  check(
    kinds.every((kind) => kind === 'account' || kind === 'identity' || kind === 'sync'),
    'which may be said again',
    kinds,
  )
}

/** Pages of other sites may ask. */
export const preflight = async (host) => {
  for (const nsid of [CREATE, IMPORT, SUBMIT, 'com.atproto.repo.uploadBlob', 'app.bsky.actor.putPreferences']) {
    const wanted = 'authorization,content-type,x-ratelimit-bypass,atproto-accept-labelers'
    const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': wanted }
    const answer = await fetch(`${host.url}/xrpc/${nsid}`, { method: 'OPTIONS', headers })
    check(answer.ok, `${nsid} may be asked by pages`, answer.status)
    const allowed = answer.headers.get('access-control-allow-headers')?.toLowerCase() ?? ''
    check(allowed === '*' || wanted.split(',').every((name) => allowed.includes(name)), 'with what tools send', allowed)
  }
}

/** All of it, around one short move to a server. */
export const refusals = async (from, to, bystanders) => {
  const person = await Person.begin(from, 7)
  await person.fill(60, 16)
  const stranger = bystanders.get(from)
  await preflight(to)
  await beginnings(person, stranger, to)
  const move = new Move(person, to, styles.moover)
  await move.begin()
  await resumption(move)
  await attempt('coming back under another name', () => renaming(move))
  // First nothing is there, then something.
  await archives(move, stranger, { isWhole: true, isEmpty: true })
  await attempt('archives in a hurry', () => hurry(move))
  await move.bringRepository()
  await move.checkRoot()
  await archives(move, stranger, { isWhole: true })
  await person.live(1)
  await archives(move, stranger, { isWhole: false })
  await move.bringRepository()
  await move.checkRoot()
  await resumption(move)
  await move.bringBlobs({ half: true })
  await resumption(move)
  await move.bringBlobs()
  await tooEarly(move, bystanders.get(to))
  await move.changeIdentity()
  await attempt('silence until an account is active', () => move.checkSilence(bystanders.get(to)))
  const activation = { input: {}, token: person.token(to) }
  const { status, body } = await to.call('com.atproto.server.activateAccount', activation)
  if (status !== 200) await move.activate()
  await attempt('an account is activated with an empty object', async () => check(status === 200, 'it is', body))
  person.host = to
  await move.checkBeginning()
  await person.live(1)
  await tooLate(move, bystanders.get(to))
}
