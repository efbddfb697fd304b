// What people see who have just written, when the AppView does not know it yet: the same as afterwards.

import { attempt, check, equal, topic } from '../ground.mjs'
import { LAG, REV, uris } from './people.mjs'
import { differences } from './shape.mjs'

// What only the AppView can know: its counts, labels, what the reader has done with a post, and the times
// of its own.
const OF_THE_APPVIEW =
  /(^|\.)(bookmarkCount|likeCount|quoteCount|replyCount|repostCount|postsCount|createdAt|indexedAt|labels|viewer|associated|threadContext)\b/
// Harmless: a type where none is needed.
const MORE = /\.\$type: too much/
const meant = (difference) => !OF_THE_APPVIEW.test(difference.split(':')[0]) && !MORE.test(difference)

// What ours is known to show otherwise than the AppView will. Whoever mends one of these takes it away here.
const KNOWN = []
const gone = new Set(KNOWN.map(([, why]) => why))

/** Leaves out what is known. */
const unknown = (differences) =>
  differences.filter((each) => {
    const [, why] = KNOWN.find(([pattern]) => pattern.test(each)) ?? []
    gone.delete(why)
    return !why
  })

const byUri = (feed) =>
  Object.fromEntries(feed.map((item) => [`${item.reason ? 'repost of ' : ''}${item.post.uri}`, item]))

/** What differs between two answers to a question, for posts by their names. */
const compared = (side, early, late) => {
  if (!late.feed) return differences(early, late).filter(meant)
  const [then, later] = [byUri(early.feed), byUri(late.feed)]
  return Object.entries(side.early).flatMap(([name, { uri }]) =>
    then[uri] && later[uri]
      ? differences(then[uri], later[uri])
          .filter(meant)
          .map((each) => `${name}: ${each}`)
      : [],
  )
}

/** Writes on all servers while the AppView does not listen, and asks before and after. */
export const fallBehind = (sides, view) =>
  topic('people write while the AppView does not listen', async () => {
    const [ours] = sides
    const seen = await view.away(async () => {
      const begin = Date.now()
      for (const side of sides) await side.hurry(sides.find((each) => each !== side))
      for (const side of sides) side.then = await side.answers()
      const stranger = await ours.ben.ask('app.bsky.feed.getTimeline', { limit: 50 })
      const isBehind = view.gates.every(({ isBehind }) => isBehind)
      check(isBehind, 'the AppView is behind')
      return { longest: Date.now() - begin, stranger }
    })
    for (const side of sides) await side.isShown()
    await view.settle()
    for (const side of sides) side.later = await side.answers()
    return seen
  })

const LISTS = [
  'timeline',
  'own feed',
  'own feed without replies',
  'own feed with media',
  'own feed with threads',
  'own feed with pin',
]
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)
const PATCHED = [
  'timeline',
  'own feed',
  'own profile',
  'own profile by handle',
  'profiles',
  'likes',
  "thread of Ben's post",
]

export const compare = async ([ours, reference], { longest, stranger }) => {
  const { anna, early, then, later } = ours
  const added = Object.values(early).map(({ uri }) => uri)
  const others = new Set(Object.values(reference.early).map(({ uri }) => uri))

  await attempt('it is said by how much the AppView is behind', async () => {
    for (const name of [...PATCHED, ...Object.keys(early).map((each) => `thread of ${each}`)]) {
      check(!then[name].refused, `${name} is answered`, then[name].refused)
      const lag = then[name].headers[LAG]
      check(/^\d+$/.test(lag) && Number(lag) <= longest, `${name}: it is at most ${longest} ms behind`, lag)
      check(
        then[name].headers[REV] < later[name].headers[REV],
        `${name}: the revision is the AppView's`,
        then[name].headers[REV],
      )
      equal(later[name].headers[LAG], undefined, `${name}: later it is not`)
    }
  })
  await attempt('nobody else is shown more than the AppView knows', async () => {
    equal(
      uris(stranger.data.feed).filter((uri) => added.includes(uri)),
      [],
      "Ben's timeline has nothing new of Anna's",
    )
    equal(stranger.headers[LAG], undefined, 'and nothing was added to it')
    equal(then["Ben's feed"].data.feed.length, 2, "nothing was added to Ben's feed")
  })
  for (const name of LISTS)
    await attempt(`${name}: the new posts are there, in the order that they have later`, async () => {
      const names = new Map(Object.entries(early).map(([name, { uri }]) => [uri, name]))
      // What others have written meanwhile is only there later.
      const shownIn = (answers) => uris(answers[name].data.feed).filter((uri) => !others.has(uri))
      const [found, expected] = [shownIn(then), shownIn(later)].map((list) => list.map((uri) => names.get(uri) ?? uri))
      check(
        expected.some((each) => early[each]),
        'there are some',
        expected,
      )
      const extra = found.filter((each) => !expected.includes(each))
      equal(unknown(extra.map((each) => `${name}: ${each}`)), [], 'nothing is too much')
      const order = found.filter((each) => !extra.includes(each))
      equal(unknown(same(order, expected) ? [] : [`${name}: order`]), [], `in the order of ${expected}: ${order}`)
    })
  await attempt('the new name, words and pictures are shown', async () => {
    for (const name of ['own profile', 'own profile by handle']) {
      const { displayName, description, avatar, banner } = then[name].data
      equal([displayName, description, banner], ['Anna, new', 'the second', undefined], name)
      check(avatar.includes(ours.face.ref), `${name}: the new face`, avatar)
    }
    const { author } = then['own feed'].data.feed.find(({ post }) => post.uri === ours.hello.uri).post
    equal(author.displayName, 'Anna, new', 'with old posts, too')
    const liked = then.likes.data.feed.find(({ post }) => post.uri === ours.hello.uri).post
    equal(liked.author.displayName, 'Anna, new', 'and among what she likes')
  })
  await attempt('replies are in their threads', async () => {
    const { thread } = then["thread of Ben's post"].data
    const first = thread.replies.find(({ post }) => post.uri === early.reply.uri)
    check(
      first,
      'a reply',
      thread.replies.map(({ post }) => post.uri),
    )
    equal(
      first.replies.map(({ post }) => post.uri),
      [early.second.uri],
      'with the reply to it',
    )
    equal(
      then['thread of reply'].data.thread.parent?.post?.uri,
      ours.picture.uri,
      'above a reply is what it replies to',
    )
  })
  for (const name of Object.keys(then))
    await attempt(`${name}: nothing is shown otherwise than later`, async () => {
      equal(unknown(compared(ours, then[name].data, later[name].data)), [], 'what differs')
    })
  await attempt('nothing is listed as known that is not so', async () => equal([...gone], [], 'what is mended'))
  await attempt('nothing is missing that the reference server has', async () => {
    const missing = (side) => {
      const all = Object.keys(side.then).flatMap((name) =>
        compared(side, side.then[name].data ?? {}, side.later[name].data ?? {}),
      )
      return all.filter((each) => /: missing,/.test(each)).map((each) => each.split(': missing')[0])
    }
    const theirs = new Set(missing(reference))
    equal(
      missing(ours).filter((each) => !theirs.has(each)),
      [],
      'what is missing',
    )
  })
}
