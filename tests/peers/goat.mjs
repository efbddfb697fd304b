// `goat`, the command line of the protocol's makers: accounts, records, blobs, archives, the
// directory, and its verification of events. It is the one that `run` installs, the last that was part of
// `indigo`, or another that GOAT names. Newer ones have other names for some commands, and more of them;
// what is not there is told and left out. Without any this driver ends with status 77.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'

import { adminPassword, ask, attempt, call, check, drive, equal, folder, pds, plc, runToEnd, say, sleep, start, topic, until } from './ground.mjs'
import { Workload } from './workload.mjs'

const POST = 'app.bsky.feed.post'
const program = process.env.GOAT || 'goat'

if (spawnSync(program, ['--version']).error) {
  console.log(`goat: there is no ${program}`)
  process.exit(77)
}

const run = Date.now().toString(36).slice(-6)

await drive('goat', async () => {
  const data = await folder()
  const env = { XDG_STATE_HOME: data, XDG_CONFIG_HOME: data, ATP_PLC_HOST: plc, NO_COLOR: '1' }
  const goat = async (...args) => (await runToEnd(program, args, { env, cwd: data })).output.trim()
  const goatFails = async (...args) => (await runToEnd(program, args, { env, cwd: data, fails: true })).errors
  const json = async (...args) => JSON.parse(await goat(...args))
  const has = async (...command) => {
    const commands = await goat(...command.slice(0, -1), '--help')
    return new RegExp(`^\\s+${command.at(-1)}\\s`, 'm').test(commands)
  }
  const status = ['account', (await has('account', 'lookup')) ? 'lookup' : 'status']
  const ownStatus = ['account', (await has('account', 'check-auth')) ? 'check-auth' : 'status']
  const handle = `goat${run}.test`
  const password = `password of ${handle}`

  const did = await topic('account', async () => {
    const named = ['--handle', handle, '--password', password, '--email', `${handle}@example.com`]
    const said = await goat('account', 'create', '--pds-host', pds, ...named)
    const did = said.match(/did:plc:[a-z2-7]{24}/)?.[0]
    check(did, 'account create names the account', said)
    const again = await goatFails('account', 'create', '--pds-host', pds, ...named)
    check(/taken|HandleNotAvailable/i.test(again), 'a handle is taken once', again)
    const wrong = await goatFails('account', 'login', '-u', did, '-p', 'wrong', '--pds-host', pds)
    check(/AuthenticationRequired/.test(wrong), 'a wrong password is refused', wrong)
    await goat('account', 'login', '-u', did, '-p', password, '--pds-host', pds)
    const state = await goat(...status, did)
    check(/Active: true/.test(state), `${status[1]} says that it is active`, state)
    return did
  })

  await attempt('account, logged in', async () => {
    const own = await goat(...ownStatus)
    check(own.includes(did) && /"activated": true/.test(own) && /"validDid": true/.test(own), `${ownStatus[1]} is content`, own)
    equal(await goat('account', 'missing-blobs'), '', 'no blobs are missing')
    const token = await goat('account', 'service-auth', '--aud', 'did:web:example.com')
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'))
    equal([claims.iss, claims.aud], [did, 'did:web:example.com'], 'service-auth gives a token')
  })

  await attempt('record', async () => {
    const record = { $type: POST, text: 'from goat', createdAt: '2026-01-01T00:00:00Z' }
    const file = join(data, 'post.json')
    const save = (text) => writeFile(file, JSON.stringify({ ...record, text }))
    await save('from goat')
    const uri = `at://${did}/${POST}/3jqfcqzm3fo2j`
    const made = await goat('record', 'create', '--rkey', '3jqfcqzm3fo2j', file)
    check(made.startsWith(`${uri}\t`), 'record create says where it is', made)
    equal((await json('record', 'get', uri)).text, 'from goat', 'record get has it')
    await save('edited')
    const edited = await goat('record', 'update', '--rkey', '3jqfcqzm3fo2j', file)
    check(edited.startsWith(`${uri}\t`) && edited !== made, 'record update changes it', edited)
    equal((await json('record', 'get', uri)).text, 'edited', 'record get has the change')
    const listed = await goat('record', 'ls', did)
    equal(listed.split('\t'), [POST, '3jqfcqzm3fo2j', edited.split('\t')[1]], 'record ls lists it')
    await writeFile(file, JSON.stringify({ $type: POST, text: 1 }))
    check(/InvalidRequest/.test(await goatFails('record', 'create', file)), 'a wrong record is refused')
    await goat('record', 'delete', '--collection', POST, '--rkey', '3jqfcqzm3fo2j')
    equal(await goat('record', 'ls', did), '', 'record delete removes it')
  })

  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 7919) % 251))
  await attempt('blob', async () => {
    const file = join(data, 'blob.bin')
    await writeFile(file, bytes)
    const blob = await json('blob', 'upload', file)
    equal([blob.$type, blob.size], ['blob', bytes.length], 'blob upload gives a blob')
    if (await has('blob', 'compute'))
      equal(blob.ref.$link, (await json('blob', 'compute', file)).ref.$link, 'with the CID that goat computes')
    const record = { $type: 'test.pagurus.file', file: blob }
    const path = join(data, 'file.json')
    await writeFile(path, JSON.stringify(record))
    await goat('record', 'create', '--no-validate', '--rkey', 'one', path)
    equal(await goat('blob', 'ls', did), blob.ref.$link, 'blob ls lists it')
    const copy = join(data, 'copy.bin')
    await goat('blob', 'download', '-o', copy, did, blob.ref.$link)
    check(bytes.equals(await readFile(copy)), 'blob download has the same bytes')
  })

  await attempt('repo', async () => {
    const archive = join(data, 'repo.car')
    await goat('repo', 'export', '-o', archive, did)
    const about = await goat('repo', 'inspect', archive)
    const { rev } = await ask('com.atproto.sync.getLatestCommit', { params: { did } })
    check(about.includes(`DID: ${did}`) && about.includes(`Revision: ${rev}`), 'repo inspect has the newest commit', about)
    check(/^test\.pagurus\.file\/one\s/.test(await goat('repo', 'ls', archive)), 'repo ls has the record')
    check((await goat('repo', 'mst', archive)).includes('test.pagurus.file/one'), 'repo mst has the record')
    await goat('repo', 'unpack', '-o', join(data, 'unpacked'), archive)
    const text = await readFile(join(data, 'unpacked', 'test.pagurus.file', 'one.json'), 'utf8')
    equal(JSON.parse(text).file.size, bytes.length, 'repo unpack has the record')
  })

  await attempt('plc', async () => {
    const history = await json('plc', 'history', did)
    equal([history].flat().length, 1, 'plc history has the creation')
    const current = await json('plc', 'data', did)
    equal(current, await json('account', 'plc', 'current'), 'plc data is what the account has')
    const recommended = await json('account', 'plc', 'recommended')
    for (const field of ['alsoKnownAs', 'rotationKeys', 'services', 'verificationMethods'])
      equal(current[field], recommended[field], `and what the server recommends in ${field}`)
    await goat('account', 'update-handle', `new${handle}`)
    equal((await json('plc', 'data', did)).alsoKnownAs, [`at://new${handle}`], 'update-handle changes it')

    // An identity of goat's own making, signed by its own key.
    const key = await goat('key', 'generate')
    const secret = key.match(/z[1-9A-HJ-NP-Za-km-z]{40,}/)?.[0]
    const publicKey = key.match(/did:key:z[1-9A-HJ-NP-Za-km-z]+/)?.[0]
    check(secret && publicKey, 'key generate gives a key', key)
    const named = ['--handle', `own${handle}`, '--pds', pds]
    const keys = ['--atproto-key', publicKey, '--rotation-key', publicKey]
    const unsigned = join(data, 'genesis.json')
    await writeFile(unsigned, await goat('plc', 'genesis', ...named, ...keys))
    const signed = join(data, 'signed.json')
    await writeFile(signed, await goat('plc', 'sign', '--plc-signing-key', secret, unsigned))
    const own = await goat('plc', 'calc-did', signed)
    await goat('plc', 'submit', '--genesis', signed)
    equal((await json('plc', 'data', own)).alsoKnownAs, [`at://own${handle}`], 'plc submit makes an identity')
    const update = join(data, 'update.json')
    await writeFile(update, await goat('plc', 'update', '--add-rotation-key', current.rotationKeys[0], own))
    await writeFile(signed, await goat('plc', 'sign', '--plc-signing-key', secret, update))
    await goat('plc', 'submit', '--did', own, signed)
    const after = await json('plc', 'data', own)
    check(after.rotationKeys.includes(current.rotationKeys[0]), 'plc update changes it', after)
    const refusal = await goatFails('plc', 'submit', '--did', own, signed)
    check(refusal.length > 0, 'the same operation again is refused')
  })

  await attempt('pds', async () => {
    const about = await json('pds', 'describe', pds)
    check(about.availableUserDomains.includes('.test'), 'pds describe describes', about)
    if (!(await has('pds', 'account'))) return
    const list = await goat('pds', '--pds-host', pds, 'account', 'list')
    check(list.includes(`${did}\tactive`), 'pds account list has the account')
  })

  await attempt('pds admin', async () => {
    if (!(await has('pds', 'admin'))) return say('absent: its pds admin')
    const admin = (...args) => goat('pds', 'admin', '--pds-host', pds, '--admin-password', adminPassword, ...args)
    const listed = async () => (await admin('account', 'list')).split('\n').find((line) => line.startsWith(did))
    check((await listed()).startsWith(`${did}\tactive\t`), 'account list has the account')
    const info = async () => JSON.parse(await admin('account', 'info', did))
    equal((await info()).email, `${handle}@example.com`, 'account info has the address')
    const codes = (await admin('create-invites', '--count', '2', '--uses', '3')).split('\n')
    check(codes.length === 2 && codes.every((code) => /^localhost-[a-z2-7]{5}-[a-z2-7]{5}$/.test(code)), 'create-invites', codes)
    const named = ['--handle', `by${handle}`, '--password', 'password', '--email', `by${handle}@example.com`]
    const made = (await admin('account', 'create', ...named)).match(/did:plc:[a-z2-7]{24}/)?.[0]
    check(made, 'account create makes another account')
    await admin('account', 'takedown', made)
    equal((await call('com.atproto.sync.getRepo', { params: { did: made } })).body.error, 'RepoTakendown', 'takedown')
    await admin('account', 'takedown', '--reverse', made)
    equal((await call('com.atproto.sync.getRepo', { params: { did: made } })).status, 200, 'takedown --reverse')
    const updates = ['--email', `new${handle}@example.com`, '--handle', `other${handle}`]
    await admin('account', 'update', ...updates, made)
    const { body } = await call('com.atproto.admin.getAccountInfo', { params: { did: made }, admin: true })
    equal([body.email, body.handle], [`new${handle}@example.com`, `other${handle}`], 'account update changes both')
    const [, fresh] = (await admin('account', 'reset-password', made)).match(/new password: (\S+)/) ?? []
    await ask('com.atproto.server.createSession', { input: { identifier: made, password: fresh } })
    await admin('account', 'delete', made)
    equal((await call('com.atproto.sync.getRepoStatus', { params: { did: made } })).status, 400, 'account delete')

    const cid = await goat('blob', 'ls', did)
    const read = async () => (await call('com.atproto.sync.getBlob', { params: { did, cid } })).status
    const status = async () => JSON.parse(await admin('blob', 'status', did, cid)).takedown?.applied ?? false
    equal([await read(), await status()], [200, false], 'a blob is served')
    await admin('blob', 'purge', did, cid)
    equal([await read(), await status()], [400, true], 'and not when it was purged')
    await admin('blob', 'purge', '--reverse', did, cid)
    equal([await read(), await status()], [200, false], 'and again when that is undone')
    const wrong = ['pds', 'admin', '--pds-host', pds, '--admin-password', 'wrong']
    const refusal = await goatFails(...wrong, 'account', 'info', did)
    check(/AuthenticationRequired/.test(refusal), 'a wrong password is refused', refusal)
  })

  await attempt('account deactivate, activate', async () => {
    await goat('account', 'deactivate')
    check(/Status: deactivated/.test(await goat(...status, did)), 'it sleeps')
    equal((await call('com.atproto.sync.getRepo', { params: { did } })).body.error, 'RepoDeactivated', 'and is not read')
    await goat('account', 'activate')
    check(/Active: true/.test(await goat(...status, did)), 'it is awake')
    await goat('account', 'logout')
    await goatFails(...ownStatus)
  })

  await attempt('firehose --verify-basic --verify-sig --verify-mst', async () => {
    const host = pds.replace('http', 'ws')
    const flags = ['--verify-basic', '--verify-sig', '--verify-mst', '--relay-host', host]
    const firehose = start(program, ['firehose', ...flags], { env, cwd: data })
    await until('goat follows', () => firehose.errors.includes('starting firehose consumer'))
    await sleep(200)
    const workload = await Workload.begin(6, 5)
    await workload.write(400)
    const lines = () => firehose.output.split('\n').slice(0, -1).map((line) => JSON.parse(line))
    const commits = () => lines().filter(({ type, payload }) => type === 'commit' && payload.ops?.length > 0)
    await until('all commits arrive', () => commits().length >= workload.commits.size).catch(() => {})
    check(!firehose.ended, 'goat follows to the end', firehose.errors.slice(-500))
    const found = commits().map(({ payload }) => payload.rev).sort()
    equal(found, [...workload.commits.values()].map(({ rev }) => rev).sort(), 'goat has seen each commit')
    const wrong = firehose.errors.split('\n').filter((line) => /WARN|ERROR/.test(line))
    // The first commit of an account is upon nothing.
    const faults = wrong.filter((line) => !line.includes('prevData is nil, skipping MST check'))
    check(wrong.length - faults.length <= workload.dids.length, 'only first commits are upon nothing', wrong)
    check(faults.length === 0, 'goat has nothing to complain of', faults.slice(0, 3))
  })
})
