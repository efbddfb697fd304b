// What an AppView stands on: PostgreSQL in a folder of its own, and the process that it is.

import { spawnSync } from 'node:child_process'
import { chown, mkdir, readdir } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { check, folder, freePort, installed, runToEnd, start, until } from '../ground.mjs'

const service = fileURLToPath(new URL('./service/appview.mjs', import.meta.url))

/** The folder of PostgreSQL's programs: POSTGRES_BIN, that of the PATH, or where Debian has it. */
const findPostgres = async () => {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? (await readdir(debian)).sort((a, b) => b - a) : []
  const places = [
    process.env.POSTGRES_BIN,
    ...process.env.PATH.split(':'),
    ...versions.map((each) => join(debian, each, 'bin')),
  ]
  return places.find((place) => place && existsSync(join(place, 'initdb')))
}

/** Says why there can be no AppView on this machine, or finds PostgreSQL. */
export const look = async () => {
  const postgres = await findPostgres()
  if (!postgres) return { absent: 'there is no PostgreSQL (initdb): POSTGRES_BIN names the folder of its programs' }
  if (!existsSync(join(dirname(service), 'node_modules/@atproto/bsky')))
    return { absent: 'npm @atproto/bsky is not installed' }
  // PostgreSQL does not run for root.
  const isRoot = process.getuid() === 0
  const id = (flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout)
  const [uid, gid] = isRoot ? [id('-u'), id('-g')] : [process.getuid(), process.getgid()]
  if (isRoot && !(uid > 0)) return { absent: 'there is no user "postgres", and PostgreSQL does not run for root' }
  return { postgres, uid, gid, isRoot }
}

/** Starts PostgreSQL, and gives the address of a database. */
export const openDatabase = async ({ postgres, uid, gid, isRoot }) => {
  const data = join(await folder(), 'postgres')
  if (isRoot) {
    await chown(dirname(data), uid, gid)
    await mkdir(data, { mode: 0o700 })
    await chown(data, uid, gid)
  }
  const port = await freePort()
  const run = (runner, program, args, options) => {
    const [command, ...rest] = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'] : []
    const full = join(postgres, program)
    const all = { cwd: dirname(data), ...options }
    return command ? runner(command, [...rest, full, ...args], all) : runner(full, args, all)
  }
  const named = ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C']
  await run(runToEnd, 'initdb', [...named, '--no-sync'])
  // Nothing in it outlives the driver.
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    fsync: 'off',
    max_connections: 120,
  }
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const database = run(start, 'postgres', args, { log: join(installed, 'logs', 'appview.postgres.log') })
  await until('PostgreSQL is ready', async () => database.ended || /ready to accept connections/.test(database.errors))
  check(!database.ended, 'PostgreSQL goes on', database.errors.slice(-1000))
  return `postgresql://postgres@127.0.0.1:${port}/postgres`
}

/** The AppView's process. */
export class View {
  #settled = 0

  static async open({ port, did, plc, database, gates, names }) {
    const view = new View()
    view.url = `http://localhost:${port}`
    view.did = did
    view.gates = gates
    const env = {
      APPVIEW_PORT: `${port}`,
      APPVIEW_DID: did,
      PLC_URL: plc,
      POSTGRES_URL: database,
      FIREHOSES: gates.map((gate) => `ws://localhost:${gate.port}`).join(' '),
      IMAGES: await folder(),
      NAMES: JSON.stringify(names),
      LOG_ENABLED: 'true',
      LOG_LEVEL: 'warn',
      NODE_ENV: 'production',
    }
    const log = join(installed, 'logs', 'appview.service.log')
    view.process = start(process.execPath, ['--disable-warning=ExperimentalWarning', service], { env, log })
    await until('the AppView is there', async () => view.process.ended || view.lines.some(({ ready }) => ready), 90)
    check(!view.process.ended, 'the AppView goes on', view.process.errors.slice(-2000))
    return view
  }

  /** What the process said, line by line. */
  get lines() {
    const lines = this.process.output.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
    return lines.map((line) => JSON.parse(line))
  }

  /** What it complained about. */
  get complaints() {
    return this.lines.filter(({ level }) => level >= 40)
  }

  /** Whom servers said a handle to be, the newest last. */
  answersFor(handle) {
    return this.lines
      .filter(({ name }) => name === handle)
      .map(({ status, answer }) => (status === 200 ? answer : status))
  }

  /** Waits until all that came is in the index. */
  async settle() {
    const wanted = ++this.#settled
    this.process.child.stdin.write('settle\n')
    const settled = () => this.lines.filter(({ settled }) => settled).length >= wanted
    await until('the AppView is done with what came', async () => settled())
  }

  /** Lets nothing come while something is done. */
  async away(action) {
    for (const gate of this.gates) gate.shut()
    try {
      return await action()
    } finally {
      for (const gate of this.gates) gate.open()
    }
  }
}
