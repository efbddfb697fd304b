// The command line `goat` itself moves accounts, both ways.

import { spawnSync } from 'node:child_process'

import { attempt, check, equal, folder, plc, runToEnd, signingKey, until } from '../ground.mjs'
import { Person } from './person.mjs'
import { checkBlobs, checkLists, checkRepository, missing } from './repository.mjs'
import { catchUp } from './steps.mjs'

const program = process.env.GOAT || 'goat'

export const hasGoat = !spawnSync(program, ['--version']).error

/** Somebody who moves with `goat`, at the second attempt if the new host can go on with the first. */
export const moveByGoat = async (from, to, bystander) => {
  const person = await Person.begin(from, 13)
  await person.fill(80, 18)
  const data = await folder()
  const env = { XDG_STATE_HOME: data, XDG_CONFIG_HOME: data, ATP_PLC_HOST: plc, NO_COLOR: '1' }
  const goat = (args, options) => runToEnd(program, args, { env, cwd: data, ...options })
  const migrate = (token, options) => {
    const named = ['--pds-host', to.url, '--new-handle', person.handle, '--new-email', person.email]
    return goat(
      ['account', 'migrate', ...named, '--new-password', person.newPassword(to), '--plc-token', token],
      options,
    )
  }
  await goat(['account', 'login', '-u', person.did, '-p', person.passwords.get(from), '--pds-host', from.url])
  if (!to.isReference) {
    const { errors } = await migrate('WRONG-TOKEN', { fails: true })
    check(/token|sign/i.test(errors), 'a wrong token ends it', errors)
    await person.live(1)
  }
  const token = await from.newMail(person.email, () => goat(['account', 'plc', 'request-token']))
  const { output, errors } = await migrate(token)
  check(!/WARN|ERROR/.test(`${output}${errors}`), 'goat has nothing to complain of', errors)

  person.host = to
  await person.logIn(to)
  equal(await missing(to, person), [], 'nothing is missing')
  const key = await signingKey(person.did)
  // The reference goes on with the commit of the old host until it makes one.
  await checkRepository(to, person, to.isReference ? {} : { key })
  await checkLists(to, person)
  if (!to.isReference) {
    await checkBlobs(to, person)
    await until('the new host speaks', () => to.stream.of(person.did).length >= 3)
    await catchUp(to, bystander)
    const kinds = to.stream.of(person.did).map(({ kind }) => kind)
    await attempt(`${to.name} says what it should while goat moves`, async () =>
      equal(kinds, ['account', 'identity', 'sync'], 'it does'),
    )
  }
  await person.live(1)
  await checkRepository(to, person, { key })
  await person.checkPreferences(to, 'preferences are the same')
  const { body } = await from.call('com.atproto.sync.getRepoStatus', { params: { did: person.did } })
  equal([body.active, body.status], [false, 'deactivated'], 'the old host is left')
}
