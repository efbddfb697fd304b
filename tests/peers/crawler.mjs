// indigo's `relay` as a program: it crawls servers, checks strictly what they say, and passes it on.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { check, folder, freePort, installed, plc, start, until } from './ground.mjs'

/** Starts a relay that knows some servers on loopback, at a port of its own or one that was promised. */
export const startRelay = async (urls, promised) => {
  const hosts = urls.map((url) => new URL(url).host)
  check(
    hosts.every((host) => host.startsWith('localhost:')),
    'servers on loopback are called localhost',
    hosts,
  )
  const data = await folder()
  const database = join(data, 'relay.sqlite')
  const port = promised ?? (await freePort())
  const flags = {
    'db-url': `sqlite://${database}`,
    'persist-dir': join(data, 'persist'),
    bind: `127.0.0.1:${port}`,
    'metrics-listen': `127.0.0.1:${await freePort()}`,
  }
  const args = ['--admin-password=relay', `--plc-host=${plc}`, 'serve', '--allow-insecure-hosts']
  args.push(...Object.entries(flags).map(([key, value]) => `--${key}=${value}`))
  const url = `http://127.0.0.1:${port}`
  const begin = async () => {
    const server = start(join(installed, 'bin', 'relay'), args)
    await until('the relay is ready', async () => {
      check(!server.ended, 'the relay runs', server.output.slice(-2000))
      return (await fetch(`${url}/_health`)).ok
    })
    return server
  }
  // A request to crawl is checked by a client that does not go to loopback, whatever the settings.
  // Servers that the relay knows from before are not checked again, so that it is told of ours
  // between two starts.
  await (await begin()).stop()
  const tables = new DatabaseSync(database)
  const insert = tables.prepare(
    `INSERT INTO host (created_at, updated_at, hostname, no_ssl, account_limit, trusted, status, last_seq)
     VALUES (datetime('now'), datetime('now'), ?, 1, 10000, 1, 'active', -1)`,
  )
  for (const host of hosts) insert.run(host)
  tables.close()
  const server = await begin()
  await until('the relay is connected', () => areConnected(url, hosts.length))
  return { url, server }
}

const areConnected = async (url, count) => {
  const headers = { authorization: `Basic ${Buffer.from('admin:relay').toString('base64')}` }
  const response = await fetch(`${url}/admin/pds/list`, { headers })
  check(response.ok, 'the relay lists its servers', response.status)
  const found = await response.json()
  const isConnected = (host) => host.HasActiveConnection ?? host.hasActiveConnection
  return found.length === count && found.every(isConnected)
}

/** Lines of the log that say that something was wrong. */
export const complaints = ({ server }) => {
  const lines = server.output.split('\n').filter((line) => line.startsWith('{'))
  const entries = lines.map((line) => JSON.parse(line))
  check(entries.length > 0, 'the relay keeps a log')
  return entries.filter(({ level }) => ['WARN', 'ERROR'].includes(level))
}
