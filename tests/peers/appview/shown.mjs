// What the AppView shows of what it was told by the servers' firehoses, asked through a server.

import { createServer } from 'node:http'

import { attempt, atEnd, call, check, equal, freePort, until } from '../ground.mjs'
import { createIdentity, decodeToken, Key } from '../compare/tokens.mjs'
import { listed } from './listed.mjs'
import { LAG, now, REV, uris } from './people.mjs'

const sorted = (values) => [...values].sort()

/** Asks for `uri`, and checks that an image comes. */
const isImage = async (uri) => {
  const answer = await fetch(uri)
  const bytes = await answer.arrayBuffer()
  const type = answer.headers.get('content-type') ?? ''
  check(answer.status === 200 && type.startsWith('image/') && bytes.byteLength > 0, `${uri} is an image`, [
    answer.status,
    type,
  ])
}

const lists = async ({ anna, ben, hello, picture, answer, quoted, liked, again }, other, options) => {
  const timeline = await anna.ask('app.bsky.feed.getTimeline', { limit: 50 }, options)
  equal(timeline.headers[REV], await anna.rev(), 'the AppView knows the last commit')
  equal(timeline.headers[LAG], undefined, 'nothing is added')
  const own = [hello, picture, answer, quoted].map(({ uri }) => uri)
  const shown = uris(timeline.data.feed)
  for (const uri of [...own, `repost of ${picture.uri}`, other.hello.uri])
    check(shown.includes(uri), `${uri} is in the timeline`, shown)
  const feed = await anna.ask('app.bsky.feed.getAuthorFeed', { actor: ben.did }, options)
  equal(uris(feed.data.feed), [quoted.uri, picture.uri], 'a feed has what was posted, the newest first')
  const { post } = feed.data.feed[1]
  equal([post.likeCount, post.repostCount, post.replyCount], [1, 1, 1], 'likes, reposts and replies count')
  equal([post.viewer.like, post.viewer.repost], [liked.uri, again.uri], 'who asks is known by the token')
  equal(
    post.embed.images.map(({ alt }) => alt),
    ['image 0', 'image 1'],
    'images are described',
  )
  const thread = await anna.ask('app.bsky.feed.getPostThread', { uri: picture.uri }, options)
  equal(
    thread.data.thread.replies.map(({ post }) => post.uri),
    [answer.uri],
    'a reply is in the thread',
  )
  const likes = await anna.ask('app.bsky.feed.getActorLikes', { actor: anna.did }, options)
  equal(uris(likes.data.feed), [hello.uri, picture.uri], 'likes are listed')
  const quotes = await anna.ask('app.bsky.feed.getQuotes', { uri: hello.uri }, options)
  equal(
    quotes.data.posts.map(({ uri }) => uri),
    [quoted.uri],
    'quotes are listed',
  )
  equal(quotes.data.posts[0].embed.record.uri, hello.uri, 'with what is quoted')
}

const people = async ({ anna, ben }, other, options) => {
  const { data } = await anna.ask('app.bsky.actor.getProfile', { actor: ben.handle }, options)
  equal(
    [data.did, data.displayName, data.followersCount, data.followsCount, data.postsCount],
    [ben.did, 'Ben', 1, 1, 2],
    'a profile',
  )
  check(data.viewer.following && data.viewer.followedBy, 'who follows whom', data.viewer)
  const follows = await anna.ask('app.bsky.graph.getFollows', { actor: anna.did }, options)
  equal(
    sorted(follows.data.follows.map(({ did }) => did)),
    sorted([ben.did, other.anna.did]),
    'follows, here and elsewhere',
  )
  for (const [method, name] of [
    ['app.bsky.actor.searchActors', 'q'],
    ['app.bsky.actor.searchActorsTypeahead', 'q'],
  ]) {
    const found = await anna.ask(method, { [name]: ben.handle.split('.')[0] }, options)
    check(
      found.data.actors.some(({ did }) => did === ben.did),
      `${method} finds somebody`,
      found.data,
    )
  }
}

const notifications = async ({ anna, ben, liked, again, answer, quoted }, options) => {
  const told = async (person) =>
    (await person.ask('app.bsky.notification.listNotifications', {}, options)).data.notifications
  const forBen = (await told(ben)).map(({ reason, uri }) => [reason, uri])
  for (const [reason, { uri }] of Object.entries({ like: liked, repost: again, reply: answer }))
    check(
      forBen.some((each) => each[0] === reason && each[1] === uri),
      `Ben is told of a ${reason}`,
      forBen,
    )
  check(
    forBen.some(([reason]) => reason === 'follow'),
    'and of a follow',
    forBen,
  )
  const forAnna = (await told(anna)).map(({ reason, uri }) => [reason, uri])
  check(
    forAnna.some((each) => each[0] === 'quote' && each[1] === quoted.uri),
    'Anna is told of a quote',
    forAnna,
  )
}

/** What is written to the AppView, through the server. */
const writes = async ({ anna, ben, picture }) => {
  const post = (method, input) => anna.agent.call(method, undefined, input, { encoding: 'application/json' })
  const timeline = async () => uris((await anna.ask('app.bsky.feed.getTimeline', { limit: 50 })).data.feed)
  await post('app.bsky.graph.muteActor', { actor: ben.did })
  await until('who is muted is not in the timeline', async () => !(await timeline()).includes(picture.uri))
  await post('app.bsky.graph.unmuteActor', { actor: ben.did })
  await until('and is again', async () => (await timeline()).includes(picture.uri))
  const unread = async () => (await anna.ask('app.bsky.notification.getUnreadCount', {})).data.count
  check((await unread()) > 0, 'something is unread')
  await post('app.bsky.notification.updateSeen', { seenAt: now() })
  await until('what was seen is not unread', async () => (await unread()) === 0)
}

/** A feed that somebody makes, who is asked in the name of the reader. */
const feeds = async (side) => {
  const { anna, ben, picture } = side
  const port = await freePort()
  const asked = []
  const server = createServer((request, response) => {
    asked.push({ url: request.url, token: decodeToken(request.headers.authorization.split(' ')[1]).payload })
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ feed: [{ post: picture.uri }] }))
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  atEnd(async () => server.close())
  const key = new Key()
  const services = { bsky_fg: { type: 'BskyFeedGenerator', endpoint: `http://localhost:${port}` } }
  const did = await createIdentity(key, { keys: { atproto: key.did }, services })
  const { uri } = await ben.write('app.bsky.feed.generator', { did, displayName: 'pictures' }, 'pictures')
  await side.isShown()
  await side.view.settle()
  const { data } = await anna.ask('app.bsky.feed.getFeed', { feed: uri })
  equal(uris(data.feed), [picture.uri], 'a feed shows what its maker says')
  const { iss, aud, lxm } = asked.at(-1).token
  equal([iss, aud, lxm], [anna.did, did, 'app.bsky.feed.getFeedSkeleton'], 'who is asked with a token for them')
}

const foreign = async ({ host }, other) => {
  const params = { repo: other.anna.did, collection: 'app.bsky.feed.post', rkey: other.hello.uri.split('/').pop() }
  const theirs = await call('com.atproto.repo.getRecord', { url: other.host.url, params })
  for (const repo of [other.anna.did, other.anna.handle]) {
    const ours = await call('com.atproto.repo.getRecord', { url: host.url, params: { ...params, repo } })
    equal(
      [ours.status, ours.body.uri, ours.body.cid],
      [200, other.hello.uri, theirs.body.cid],
      'a record of another server',
    )
    equal(ours.body.value.text, 'hello', 'is what it is there')
  }
  const none = await call('com.atproto.repo.getRecord', { url: host.url, params: { ...params, rkey: 'none' } })
  equal([none.status, none.body.error], [400, 'RecordNotFound'], 'one that is not there is not found')
}

export const shown = async (side, other) => {
  const { anna, ben, view } = side
  await attempt('the AppView asks the server whose handles they are', async () => {
    for (const { handle, did } of [anna, ben])
      equal(view.answersFor(handle).at(-1), did, `${handle} leads to the account`)
  })
  for (const [claim, named] of [
    ['without a service named', false],
    ['with the AppView named', true],
  ]) {
    const options = { named }
    await attempt(`timelines, feeds, threads, likes and quotes ${claim}`, () => lists(side, other, options))
    await attempt(`profiles, follows and searches ${claim}`, () => people(side, other, options))
    await attempt(`notifications ${claim}`, () => notifications(side, options))
  }
  await attempt('the same is told with the AppView named and without', async () => {
    const [plain, named] = [await side.answers(), await side.answers({ named: true })]
    for (const name of Object.keys(plain)) equal(named[name].data, plain[name].data, name)
  })
  await attempt('images come by the addresses that the AppView gives', async () => {
    const { data } = await anna.ask('app.bsky.feed.getPosts', { uris: [side.picture.uri] })
    for (const { thumb, fullsize } of data.posts[0].embed.images)
      for (const each of [thumb, fullsize]) await isImage(each)
    const profile = await anna.ask('app.bsky.actor.getProfile', { actor: anna.did })
    for (const each of [profile.data.avatar, profile.data.banner]) await isImage(each)
  })
  await attempt('what is written to the AppView arrives', () => writes(side))
  await attempt('a feed of somebody who makes one', () => feeds(side))
  await listed(side)
  await attempt('what another server has is told by the AppView', () => foreign(side, other))
}
