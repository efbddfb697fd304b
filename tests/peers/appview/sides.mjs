// Two people on each server, what they have written, and what one of them asks the AppView.

import { images, Person, pixels, quote, reply } from './people.mjs'

export class Side {
  /** What Anna writes while the AppView does not listen, by names. */
  early = {}

  static async on(host, view) {
    const side = new Side()
    side.host = host
    side.view = view
    side.anna = await Person.on(host, 'anna', view)
    side.ben = await Person.on(host, 'ben', view)
    return side
  }

  /** Ordinary days. */
  async begin(other) {
    const { anna, ben } = this
    this.hello = await anna.post('hello')
    await anna.dress('Anna', {
      description: 'the first',
      avatar: await anna.upload(pixels[0]),
      banner: await anna.upload(pixels[1]),
      pinnedPost: this.hello,
    })
    await ben.dress('Ben', { avatar: await ben.upload(pixels[0]) })
    this.picture = await ben.post('a picture', {
      embed: images(await ben.upload(pixels[0]), await ben.upload(pixels[1])),
    })
    await this.isShown()
    await this.view.settle()
    // The AppView takes what two people write in any order, and tells nobody of a reply to what it does not know.
    await anna.follow(ben)
    await ben.follow(anna)
    await anna.follow(other.anna)
    this.answer = await anna.post('nice', reply(this.picture))
    this.quoted = await ben.post('she said', { embed: quote(this.hello) })
    this.liked = await anna.like(this.picture)
    // Of her own: there her new name is shown among what she likes.
    await anna.like(this.hello)
    this.again = await anna.repost(this.picture)
  }

  /** What Anna writes when the AppView does not listen. */
  async hurry(other) {
    const { anna, hello, picture, early } = this
    const image = await anna.upload(Buffer.concat([pixels[0], Buffer.from([0])]))
    const external = { uri: 'https://example.com/', title: 'Example', description: 'of a page', thumb: image }
    const media = images(image)
    early.plain = await anna.post('plain', { langs: ['en'] })
    early.images = await anna.post('images', { embed: media })
    early.external = await anna.post('external', { embed: { $type: 'app.bsky.embed.external', external } })
    early.quote = await anna.post('quote', { embed: quote(picture) })
    early.foreign = await anna.post('foreign', { embed: quote(other.picture) })
    const both = { $type: 'app.bsky.embed.recordWithMedia', record: quote(hello), media }
    early.both = await anna.post('both', { embed: both })
    early.reply = await anna.post('reply', reply(picture))
    early.second = await anna.post('second', reply(early.reply, picture))
    early.own = await anna.post('own', { embed: quote(early.plain) })
    await anna.dress('Anna, new', { description: 'the second', avatar: image, pinnedPost: hello })
    this.face = image
  }

  /** Waits until the AppView knows what was written here. */
  async isShown() {
    await this.anna.isShown()
    await this.ben.isShown()
  }

  get questions() {
    const { anna, ben, hello, picture, early } = this
    const feed = (filter) => ['app.bsky.feed.getAuthorFeed', { actor: anna.did, filter, limit: 50 }]
    const profile = (actor) => ['app.bsky.actor.getProfile', { actor }]
    const thread = ({ uri }) => ['app.bsky.feed.getPostThread', { uri }]
    const threads = Object.entries(early).map(([name, post]) => [`thread of ${name}`, thread(post)])
    return {
      timeline: ['app.bsky.feed.getTimeline', { limit: 50 }],
      'own feed': feed('posts_with_replies'),
      'own feed without replies': feed('posts_no_replies'),
      'own feed with media': feed('posts_with_media'),
      'own feed with threads': feed('posts_and_author_threads'),
      'own feed with pin': ['app.bsky.feed.getAuthorFeed', { actor: anna.did, includePins: true, limit: 50 }],
      "Ben's feed": ['app.bsky.feed.getAuthorFeed', { actor: ben.did }],
      'own profile': profile(anna.did),
      'own profile by handle': profile(anna.handle),
      "Ben's profile": profile(ben.did),
      profiles: ['app.bsky.actor.getProfiles', { actors: [ben.did, anna.did] }],
      likes: ['app.bsky.feed.getActorLikes', { actor: anna.did }],
      "thread of Ben's post": thread(picture),
      'thread of an old post': thread(hello),
      ...Object.fromEntries(threads),
    }
  }

  /** What Anna is told. */
  async answers(options) {
    const found = {}
    for (const [name, [method, params]] of Object.entries(this.questions)) {
      const answer = this.anna.ask(method, params, options)
      found[name] = await answer.catch(({ error, status, message }) => ({ refused: { error, status, message } }))
    }
    return found
  }
}
