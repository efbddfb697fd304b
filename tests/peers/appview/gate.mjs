// A gate between the AppView and a server's firehose: what comes while it is shut waits, as if the AppView
// were slow.

import { connect, createServer } from 'node:net'

import { atEnd, freePort } from '../ground.mjs'

export class Gate {
  #open = true
  #held = []

  static async before(port) {
    const gate = new Gate()
    gate.port = await freePort()
    const sockets = new Set()
    const server = createServer((follower) => {
      const source = connect(port, '127.0.0.1')
      for (const [from, to] of [
        [follower, source],
        [source, follower],
      ]) {
        sockets.add(from)
        from.on('error', () => to.destroy())
        from.on('close', () => {
          sockets.delete(from)
          to.destroy()
        })
      }
      follower.on('data', (data) => source.write(data))
      source.on('data', (data) => gate.#pass(() => follower.write(data)))
    })
    await new Promise((resolve) => server.listen(gate.port, '127.0.0.1', resolve))
    atEnd(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    return gate
  }

  #pass(action) {
    if (this.#open) action()
    else this.#held.push(action)
  }

  /** Whether anything waits. */
  get isBehind() {
    return this.#held.length > 0
  }

  shut() {
    this.#open = false
  }

  open() {
    this.#open = true
    for (const action of this.#held.splice(0)) action()
  }
}
