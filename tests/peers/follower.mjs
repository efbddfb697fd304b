// A follower of events by `@atproto/sync`, which verifies each as it comes.

import { IdResolver, MemoryCache } from '@atproto/identity'
import { Firehose } from '@atproto/sync'

import { ask, atEnd, check, equal, pds, plc, signUp, sleep, until } from './ground.mjs'

/** Follows the events of a service from a cursor on, or from now. */
export class Follower {
  constructor(cursor, service = pds) {
    this.events = []
    this.errors = []
    this.firehose = new Firehose({
      service: service.replace(/^http/, 'ws'),
      // The resolver's own fetch does not go to loopback.
      idResolver: new IdResolver({ plcUrl: plc, didCache: new MemoryCache(), fetch }),
      // Names under .test are not in the DNS.
      unauthenticatedHandles: true,
      getCursor: () => this.events.at(-1)?.seq ?? cursor,
      handleEvent: (event) => void this.events.push(event),
      onError: (error) => void this.errors.push(error),
      subscriptionReconnectDelay: 100,
    })
    this.firehose.start()
    atEnd(() => this.stop())
  }

  async stop() {
    if (this.firehose) await this.firehose.destroy()
    this.firehose = null
  }

  noErrors(claim) {
    const [error] = this.errors
    const found = error && { error: error.message, cause: error.cause?.message, event: error.event?.seq }
    check(this.errors.length === 0, claim, found)
  }

  /** The events of some accounts. */
  of(dids) {
    return this.events.filter(({ did }) => dids.has(did))
  }
}

/** Whether an event is of a record. */
export const isOperation = ({ event }) => ['create', 'update', 'delete'].includes(event)

/** Begins to follow, and returns when an event has come. */
export const followFromNow = async (service) => {
  const follower = new Follower(undefined, service)
  const { did, token } = await signUp('c')
  const input = { repo: did, collection: 'test.pagurus.canary', record: { $type: 'test.pagurus.canary' } }
  await until('an event arrives', async () => {
    await ask('com.atproto.repo.createRecord', { input, token })
    await sleep(200)
    return follower.events.length > 0
  })
  return follower
}

/** Every operation is announced once, and in the order of its record. */
export const compareHistories = (follower, workload) => {
  const dids = new Set(workload.dids)
  const found = new Map()
  for (const event of follower.of(dids).filter(isOperation)) {
    const uri = event.uri.toString()
    const cid = event.event === 'delete' ? null : event.cid.toString()
    found.set(uri, [...(found.get(uri) ?? []), { kind: event.event, cid }])
  }
  for (const [uri, history] of workload.history)
    equal(found.get(uri), history, `the events of ${uri} are what was done`)
  equal(found.size, workload.history.size, 'there are no events of anything else')
}
