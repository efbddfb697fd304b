// The stream of events: which come, in which order, with which fields; cursors that are wrong.

import { readCar } from '@atproto/repo'

import { decode } from '../../moves/stream.mjs'
import { admin } from '../side.mjs'

const PATH = '/xrpc/com.atproto.sync.subscribeRepos'

/** An event without what differs each time. */
const told = async (message) => {
  const { op, kind, body: all } = decode(new Uint8Array(message))
  const { seq, blocks, ...body } = all
  const rest = Object.fromEntries(Object.entries(body).map(([name, value]) => [name, plain(value)]))
  const held = blocks && (await readCar(blocks)).roots.length
  return { op, kind, ...rest, seq: typeof seq, blocks: blocks && `an archive with ${held} root` }
}

const plain = (value) => {
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  if (value.asCID || value.code !== undefined) return { $link: value.toString() }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
}

/** Listens for a while. */
const listen = (url, wanted, seconds = 4) =>
  new Promise((resolve) => {
    const socket = new WebSocket(url)
    const frames = []
    const end = (closed) => {
      clearTimeout(late)
      socket.close()
      Promise.all(frames.slice(0, wanted).map(told)).then((told) => resolve({ frames: told, closed }))
    }
    const late = setTimeout(() => end('it stays open'), seconds * 1000)
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }) => {
      frames.push(data)
      if (frames.length === wanted) end('enough')
    }
    socket.onerror = () => end('it cannot be opened')
    socket.onclose = ({ code, reason }) => end(`${code} ${reason}`)
  })

export const script = async (c) => {
  const url = (query = '') => `${c.url.replace('http', 'ws')}${PATH}${query}`
  const keep = async (label, promise) => c.keep(label, `a stream`, await promise)
  const account = await c.account('streamy')
  const { did, token } = account
  const heard = []
  const socket = new WebSocket(url())
  socket.binaryType = 'arraybuffer'
  socket.onmessage = ({ data }) => heard.push(data)
  await new Promise((resolve) => (socket.onopen = resolve))
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const during = async (label, count, action) => {
    const before = heard.length
    await action()
    const end = Date.now() + 4000
    while (heard.length < before + count && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50))
    await new Promise((resolve) => setTimeout(resolve, 1200))
    const frames = await Promise.all(heard.slice(before).map(told))
    await c.keep(label, 'events of an action', { frames })
  }
  const write = (name, input) =>
    c.quietly(`com.atproto.repo.${name}`, {
      input: { repo: did, collection: 'test.pagurus.thing', rkey: 'a', ...input },
      who: token,
    })
  await during('a record is created', 1, () => write('createRecord', { record: { n: 1 } }))
  await during('it is changed', 1, () => write('putRecord', { record: { n: 2 } }))
  await during('nothing is changed', 0, () => write('putRecord', { record: { n: 2 } }))
  await during('it is deleted', 1, () => write('deleteRecord', {}))
  await during('it is deleted again', 0, () => write('deleteRecord', {}))
  await during('an account is made', 4, () => c.account('streamer'))
  await during('a handle is changed', 1, () =>
    c.quietly('com.atproto.identity.updateHandle', { input: { handle: 'streamy2.test' }, who: token }),
  )
  await during('the account sleeps', 1, () =>
    c.quietly('com.atproto.server.deactivateAccount', { input: {}, who: token }),
  )
  await during('it wakes', 3, () => c.quietly('com.atproto.server.activateAccount', { who: token }))
  const down = (applied) => ({
    input: { subject: { $type: 'com.atproto.admin.defs#repoRef', did }, takedown: { applied } },
    who: admin,
  })
  await during('it is taken down', 1, () => c.quietly('com.atproto.admin.updateSubjectStatus', down(true)))
  await during('it is put up again', 1, () => c.quietly('com.atproto.admin.updateSubjectStatus', down(false)))
  await during('it is deleted for good', 1, () =>
    c.quietly('com.atproto.admin.deleteAccount', { input: { did }, who: admin }),
  )
  socket.close()
  await keep('from the beginning', listen(url('?cursor=0'), 1))
  await keep('from before the beginning', listen(url('?cursor=-5'), 1))
  await keep('from the future', listen(url('?cursor=9007199254740990'), 2))
  await keep('from a word', listen(url('?cursor=word'), 2))
  await keep('from nothing', listen(url('?cursor='), 1, 1))
  await keep('of a method that nobody knows', listen(`${c.url.replace('http', 'ws')}/xrpc/com.example.unknown`, 1))
  await keep(
    'of a method that is no stream',
    listen(`${c.url.replace('http', 'ws')}/xrpc/com.atproto.server.describeServer`, 1),
  )
}
