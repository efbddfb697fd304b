// What an AppView lists for somebody: who likes and follows, lists and what is on them, blocks of both kinds,
// mutes and feeds. What concerns others is done to Carl, whom nobody else minds.

import { attempt, check, equal, until } from '../ground.mjs'
import { Person, uris } from './people.mjs'

const CURATED = 'app.bsky.graph.defs#curatelist'
const MODERATED = 'app.bsky.graph.defs#modlist'

const dids = (people) => people.map(({ did }) => did)
const uri = ({ uri }) => uri

const answers = async ({ anna, ben, picture, liked }) => {
  const likes = await anna.ask('app.bsky.feed.getLikes', { uri: picture.uri })
  equal(
    likes.data.likes.map(({ actor }) => actor.did),
    [anna.did],
    `who likes a post, as with ${liked.uri}`,
  )
  const reposts = await anna.ask('app.bsky.feed.getRepostedBy', { uri: picture.uri })
  equal(dids(reposts.data.repostedBy), [anna.did], 'who passes a post on')
  const followers = await anna.ask('app.bsky.graph.getFollowers', { actor: ben.did })
  equal(dids(followers.data.followers), [anna.did], 'who follows somebody')
  const suggested = await anna.ask('app.bsky.actor.getSuggestions', { limit: 3 })
  check(Array.isArray(suggested.data.actors), 'whom somebody might like to follow', suggested.data)
}

const lists = async ({ anna, ben, picture, quoted }) => {
  const list = await anna.write('app.bsky.graph.list', { name: 'friends', purpose: CURATED })
  await anna.write('app.bsky.graph.listitem', { list: list.uri, subject: ben.did })
  await anna.isShown()
  const found = await anna.ask('app.bsky.graph.getList', { list: list.uri })
  equal([found.data.list.name, found.data.items.map(({ subject }) => subject.did)], ['friends', [ben.did]], 'a list')
  const all = await anna.ask('app.bsky.graph.getLists', { actor: anna.did })
  equal(all.data.lists.map(uri), [list.uri], 'lists of somebody')
  const feed = await anna.ask('app.bsky.feed.getListFeed', { list: list.uri })
  equal(uris(feed.data.feed), [quoted.uri, picture.uri], 'what those on it have posted')
}

const blocks = async ({ anna, host, view }) => {
  const carl = await Person.on(host, 'carl', view)
  await carl.dress('Carl')
  await carl.isShown()
  const block = await anna.write('app.bsky.graph.block', { subject: carl.did })
  const list = await anna.write('app.bsky.graph.list', { name: 'pests', purpose: MODERATED })
  await anna.write('app.bsky.graph.listitem', { list: list.uri, subject: carl.did })
  await anna.write('app.bsky.graph.listblock', { subject: list.uri })
  await anna.isShown()
  await view.settle()
  const blocked = await anna.ask('app.bsky.graph.getBlocks', {})
  equal(dids(blocked.data.blocks), [carl.did], 'whom somebody blocks')
  const { data } = await carl.ask('app.bsky.actor.getProfile', { actor: anna.did })
  check(data.viewer.blockedBy, 'who is blocked is told so', data.viewer)
  const byList = await anna.ask('app.bsky.graph.getListBlocks', {})
  equal(byList.data.lists.map(uri), [list.uri], 'lists of whom somebody blocks')
  const muted = async () => (await anna.ask('app.bsky.graph.getListMutes', {})).data.lists.map(uri)
  const post = (method) => anna.agent.call(method, undefined, { list: list.uri }, { encoding: 'application/json' })
  await post('app.bsky.graph.muteActorList')
  await until('a list of muted people is told', async () => (await muted()).includes(list.uri))
  await post('app.bsky.graph.unmuteActorList')
  await until('and not when it is unmuted', async () => (await muted()).length === 0)
  const [repo, collection, rkey] = block.uri.slice('at://'.length).split('/')
  await anna.agent.com.atproto.repo.deleteRecord({ repo, collection, rkey })
  await anna.isShown()
  const after = await anna.ask('app.bsky.graph.getBlocks', {})
  equal(after.data.blocks, [], 'who is blocked no more')
}

const feeds = async ({ anna, ben }) => {
  const feed = `at://${ben.did}/app.bsky.feed.generator/pictures`
  const one = await anna.ask('app.bsky.feed.getFeedGenerator', { feed })
  equal([one.data.view.uri, one.data.view.displayName, one.data.isValid], [feed, 'pictures', true], 'a feed')
  const some = await anna.ask('app.bsky.feed.getFeedGenerators', { feeds: [feed] })
  equal(some.data.feeds.map(uri), [feed], 'feeds by their addresses')
  const those = await anna.ask('app.bsky.feed.getActorFeeds', { actor: ben.did })
  equal(those.data.feeds.map(uri), [feed], 'feeds of somebody')
  const popular = await anna.ask('app.bsky.unspecced.getPopularFeedGenerators', { query: 'pictures' })
  equal(popular.data.feeds.map(uri), [feed], 'feeds by what they are called')
}

export const listed = async (side) => {
  await attempt('who likes, passes on and follows', () => answers(side))
  await attempt('lists and what is on them', () => lists(side))
  await attempt('blocks and mutes, of people and of lists', () => blocks(side))
  await attempt('feeds are found', () => feeds(side))
}
