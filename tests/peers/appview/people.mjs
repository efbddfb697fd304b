// People with an app, who use their servers through it.

import { AtpAgent } from '@atproto/api'

import { check, until } from '../ground.mjs'

const run = Date.now().toString(36).slice(-6)
export const LAG = 'atproto-upstream-lag'
export const REV = 'atproto-repo-rev'

// PNGs of one pixel each, of different colours.
const png = (base64) => Buffer.from(base64, 'base64')
export const pixels = [
  png('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='),
  png('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='),
]

let last = 0
/** Now, and later than before: lists are in the order of times. */
export const now = () => {
  last = Math.max(Date.now(), last + 1)
  return new Date(last).toISOString()
}

export class Person {
  static async on(host, name, view) {
    const person = new Person()
    person.host = host
    person.view = view
    person.handle = `${name}${run}${host.domain}`
    person.password = `password of ${name}`
    person.agent = new AtpAgent({ service: host.url })
    const email = `${name}${run}@example.com`
    const { data } = await person.agent.createAccount({ handle: person.handle, password: person.password, email })
    person.did = data.did
    person.email = email
    person.since = now()
    return person
  }

  get token() {
    return this.agent.session.accessJwt
  }

  /** Asks the AppView through the server: for the usual one, or by its name. */
  async ask(method, params, { named = false } = {}) {
    const headers = named ? { 'atproto-proxy': `${this.view.did}#bsky_appview` } : {}
    const { data, headers: answered } = await this.agent.call(method, params, undefined, { headers })
    return { data, headers: answered }
  }

  async write(collection, record, rkey) {
    const input = { repo: this.did, collection, rkey, record: { $type: collection, createdAt: now(), ...record } }
    const put = rkey ? 'com.atproto.repo.putRecord' : 'com.atproto.repo.createRecord'
    const { data } = await this.agent.call(put, undefined, input)
    return { uri: data.uri, cid: data.cid }
  }

  post(text, more) {
    return this.write('app.bsky.feed.post', { text, ...more })
  }

  like(subject) {
    return this.write('app.bsky.feed.like', { subject })
  }

  repost(subject) {
    return this.write('app.bsky.feed.repost', { subject })
  }

  follow({ did }) {
    return this.write('app.bsky.graph.follow', { subject: did })
  }

  async upload(bytes, encoding = 'image/png') {
    const { data } = await this.agent.uploadBlob(bytes, { encoding })
    return data.blob
  }

  async dress(displayName, more) {
    return this.write('app.bsky.actor.profile', { displayName, createdAt: this.since, ...more }, 'self')
  }

  async rev() {
    const { data } = await this.agent.com.atproto.sync.getLatestCommit({ did: this.did })
    return data.rev
  }

  /** Waits until the AppView says that it knows the last of this person's commits. */
  async isShown() {
    const rev = await this.rev()
    await until(`the AppView knows what ${this.handle} wrote`, async () => {
      const { headers } = await this.ask('app.bsky.feed.getTimeline', { limit: 1 })
      return headers[REV] === rev
    })
  }
}

export const images = (...blobs) => ({
  $type: 'app.bsky.embed.images',
  images: blobs.map((image, at) => ({ image, alt: `image ${at}`, aspectRatio: { width: 1, height: 1 } })),
})

export const quote = (record) => ({ $type: 'app.bsky.embed.record', record })

export const reply = (parent, root = parent) => ({ reply: { root, parent } })

/** All items of a list have what they are found by. */
export const uris = (feed) => {
  check(Array.isArray(feed), 'there is a feed', feed)
  return feed.map(({ post, reason }) => (reason ? `repost of ${post.uri}` : post.uri))
}
