// What readers cost: the processor's time of a request that goes to the AppView, and the memory of a server at
// which thousands of connections rest. Figures are the operating system's, so that this needs Linux; elsewhere the
// driver ends with status 77.

import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { Agent, createServer, get } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'

import { adminPassword, ask, atEnd, call, check, drive, equal, folder, freePort, installed, plc, say, start, topic, until } from './ground.mjs'

const REQUESTS = Number(process.env.PEERS_REQUESTS ?? 20_000)
const SUBSCRIBERS = 5_000
const CONNECTIONS = 1_000
/** The most milliseconds of a processor that a request may take that is passed on. */
const COST_MAX = Number(process.env.PEERS_COST_MAX ?? 0.12)
/** How much dearer everything may be on a machine that does other things too. */
const NOISE = 1.5
const MEMORY_MIB_MAX = 250
/** Connections that are asked by at a time while the cost is measured. */
const AT_ONCE = 32
/** How often it is measured at the most: what else a machine does makes requests dearer, and never cheaper. */
const ROUNDS = 3
const DID = 'did:web:view.test'

if (!existsSync('/proc/self/stat')) {
  console.log('crowd: there is no /proc')
  process.exit(77)
}

/** An AppView that knows a little: a short answer, a page of posts that it knows all of, and one that is behind. */
const openView = async () => {
  const view = { url: `http://localhost:${await freePort()}`, early: '', rev: '', held: null }
  const post = (index) => ({
    post: {
      uri: `at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/3k${`${index}`.padStart(11, '2')}`,
      cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
      author: { did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', handle: 'somebody.example', displayName: 'Somebody' },
      record: { $type: 'app.bsky.feed.post', text: 'a word '.repeat(30), createdAt: '2024-01-01T00:00:00.000Z' },
      embed: { $type: 'app.bsky.embed.external#view', external: { uri: 'https://example.com', title: 't'.repeat(600) } },
      indexedAt: '2024-01-01T00:00:00.000Z',
      viewer: { threadMuted: false },
      labels: [],
    },
  })
  const page = Buffer.from(JSON.stringify({ feed: Array.from({ length: 50 }, (_, index) => post(index)) }))
  const short = Buffer.from('{"actors":[]}')
  const server = createServer((request, response) => {
    const isPage = request.url.includes('getTimeline')
    const body = isPage ? page : short
    const answer = () => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': body.length,
        'atproto-repo-rev': request.url.includes('behind') ? view.early : view.rev,
      })
      response.end(body)
    }
    if (view.held) view.held.push(answer)
    else answer()
  })
  server.keepAliveTimeout = 60_000
  await new Promise((resolve) => server.listen(Number(new URL(view.url).port), '127.0.0.1', 4096, resolve))
  atEnd(async () => server.close().closeAllConnections())
  return view
}

/** Our server, alone, with settings as on the network but for the AppView. */
const openServer = async (view) => {
  const [port, data] = [await freePort(), await folder()]
  const file = join(data, 'settings.toml')
  await mkdir(join(data, 'server'))
  await writeFile(file, `service_did = "did:web:crowd.test"\n[appview]\nurl = "${view.url}"\ndid = "${DID}"\n`)
  const args = ['serve', '--dev', '--no-rate-limits', '--config', file, '--data', join(data, 'server')]
  args.push('--plc-url', plc, '--admin-password', adminPassword, '--listen', `127.0.0.1:${port}`)
  const env = { PAGURUS_PRIVATE_ORIGINS: undefined }
  const server = start(process.env.PAGURUS_BIN, args, { env, log: join(installed, 'logs', 'crowd.server.log') })
  const url = `http://localhost:${port}`
  const answers = async () => (await call('_health', { url })).status === 200
  await until('the server answers', async () => server.ended || answers())
  check(!server.ended, 'it goes on', server.errors.slice(-1000))
  return { url, port, pid: server.child.pid }
}

/** The processor's time that a process has taken: its own and the system's for it, in milliseconds. */
const processorTime = async (pid) => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // A tick is a hundredth of a second wherever Linux runs for others.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13).map((ticks) => Number(ticks) * 10)
}

/** The memory that a process has, and the most that it had, in MiB. */
const memory = async (pid) => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const of = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+) kB`))[1]) / 1024
  return { now: of('VmRSS'), most: of('VmHWM') }
}

/** Asks over connections that are kept, so many at a time, and gives how many were answered with 200. */
const asked = async (count, atOnce, { port, path, token, agent }) => {
  let [left, good] = [count, 0]
  const one = () =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, host: `localhost:${port}` }
      const request = get({ host: '127.0.0.1', port, path, agent, headers }, (answer) => {
        if (answer.statusCode === 200) good += 1
        answer.on('error', reject).on('end', resolve).resume()
      })
      request.on('error', reject)
    })
  const worker = async () => {
    while (left-- > 0) await one()
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return good
}

const keeper = (count) => {
  const agent = new Agent({ keepAlive: true, maxSockets: count, maxFreeSockets: count })
  atEnd(async () => agent.destroy())
  return agent
}

/** What one request costs the server, in milliseconds of a processor: the least of some rounds. */
const cost = async (server, what, path, token, enough) => {
  const options = { port: server.port, path, token, agent: keeper(AT_ONCE) }
  await asked(Math.ceil(REQUESTS / 10), AT_ONCE, options)
  let least = Infinity
  for (let round = 0; round === 0 || (round < ROUNDS && least > enough); round += 1) {
    const before = await processorTime(server.pid)
    equal(await asked(REQUESTS, AT_ONCE, options), REQUESTS, 'all are answered')
    const after = await processorTime(server.pid)
    const [own, system] = after.map((time, index) => (time - before[index]) / REQUESTS)
    say(`${what}: ${(own + system).toFixed(4)} ms (${own.toFixed(4)} its own, ${system.toFixed(4)} the system's)`)
    least = Math.min(least, own + system)
  }
  return least
}

/** A connection at the firehose, which counts what it hears. */
const subscribe = ({ port }) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const subscriber = { socket, heard: 0 }
    const key = Buffer.from('a key of 16 byte').toString('base64')
    const head = `GET /xrpc/com.atproto.sync.subscribeRepos HTTP/1.1\r\nHost: localhost:${port}\r\nUpgrade: websocket\r\n`
    socket.write(`${head}Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`)
    socket.once('data', (data) => {
      if (!data.toString('latin1').startsWith('HTTP/1.1 101')) return reject(new Error(data.toString('latin1')))
      socket.on('data', (more) => (subscriber.heard += more.length))
      resolve(subscriber)
    })
    socket.on('error', reject)
    socket.on('close', () => (subscriber.gone = true))
  })

const crowd = async (server) => {
  const subscribers = []
  while (subscribers.length < SUBSCRIBERS)
    subscribers.push(...(await Promise.all(Array.from({ length: 200 }, () => subscribe(server)))))
  atEnd(async () => subscribers.forEach(({ socket }) => socket.destroy()))
  return subscribers
}

const shown = ({ now, most }) => `${now.toFixed(0)} MiB, at the most ${most.toFixed(0)}`

await drive('crowd', async () => {
  check(process.env.PAGURUS_BIN, 'PAGURUS_BIN says where our program is')
  const view = await openView()
  const server = await openServer(view)
  const input = { handle: 'reader.test', email: 'reader@example.com', password: 'password of reader' }
  const { did, accessJwt: token } = await ask('com.atproto.server.createAccount', { url: server.url, input })
  const write = async (text) => {
    const record = { $type: 'app.bsky.feed.post', text, createdAt: new Date().toISOString() }
    const input = { repo: did, collection: 'app.bsky.feed.post', record }
    return (await ask('com.atproto.repo.createRecord', { url: server.url, token, input })).commit.rev
  }
  view.early = await write('known')
  view.rev = await write('just written')
  const short = '/xrpc/app.bsky.actor.searchActors?q=somebody'
  const timeline = '/xrpc/app.bsky.feed.getTimeline?limit=50'
  say(`the server has ${shown(await memory(server.pid))}`)
  await topic('answers are those of the AppView, with what is new', async () => {
    const posts = async (params) => {
      const { feed } = await ask('app.bsky.feed.getTimeline', { url: server.url, token, params })
      return [feed.length, feed[0].post.record.text.slice(0, 12)]
    }
    equal(await posts({ limit: 50 }), [50, 'a word a wor'], 'a timeline comes as it is')
    equal(await posts({ limit: 50, behind: 1 }), [51, 'just written'], 'a new post is put in')
  })

  await topic(`a request that is passed on costs ${COST_MAX} ms at the most, but for noise`, async () => {
    const found = await cost(server, 'a short answer', short, token, COST_MAX)
    check(found <= COST_MAX * NOISE, `it costs ${COST_MAX} ms, or half as much again`, found)
    await cost(server, 'a timeline of 50 posts, as it is', timeline, token, Infinity)
    await cost(server, 'a timeline with a new post put in', `${timeline}&behind=1`, token, Infinity)
  })
  say(`the server has ${shown(await memory(server.pid))}`)

  await topic(`${SUBSCRIBERS} subscribers and ${CONNECTIONS} readers take ${MEMORY_MIB_MAX} MiB at the most`, async () => {
    const subscribers = await crowd(server)
    say(`with ${SUBSCRIBERS} subscribers ${shown(await memory(server.pid))}`)
    const agent = keeper(CONNECTIONS)
    const read = async (what, path) => {
      // All of them wait for the AppView at the same time, and are answered at once.
      view.held = []
      const options = { port: server.port, path, token, agent }
      const answers = asked(CONNECTIONS, CONNECTIONS, options)
      await until('all requests are at the AppView', async () => view.held.length === CONNECTIONS)
      const waiting = await memory(server.pid)
      for (const answer of view.held.splice(0)) answer()
      view.held = null
      equal(await answers, CONNECTIONS, 'all are answered')
      const more = CONNECTIONS * 5
      equal(await asked(more, CONNECTIONS, options), more, 'and again')
      const after = await memory(server.pid)
      say(`and ${CONNECTIONS} readers of ${what}: waiting ${shown(waiting)}; then ${shown(after)}`)
      return { waiting, after }
    }
    const little = await read('short answers', short)
    check(little.after.most <= MEMORY_MIB_MAX, `it never took more than ${MEMORY_MIB_MAX} MiB`, little)
    const { waiting, after } = await read('timelines of 50 posts', timeline)
    // How much is on its way at the most depends on how fast this process reads, which is the other end.
    for (const { now } of [waiting, after])
      check(now <= MEMORY_MIB_MAX, `it does not keep more than ${MEMORY_MIB_MAX} MiB`, now)
    await read('timelines with a new post put in', `${timeline}&behind=1`)
    // A subscriber that rests hears pings of two bytes.
    check(subscribers.every(({ heard }) => heard < 100), 'subscribers rest')
    await write('something happens')
    await until('each subscriber hears of it', async () => subscribers.every(({ heard }) => heard > 300))
    equal(subscribers.filter(({ gone }) => gone).length, 0, 'all of them are there')
  })
})
