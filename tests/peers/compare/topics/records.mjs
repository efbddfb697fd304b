// Records are written and read: what is checked of them, and what is not.

import { admin } from '../side.mjs'

const R = 'com.atproto.repo'
const POST = 'app.bsky.feed.post'
const createdAt = '2026-01-01T00:00:00.000Z'

export const script = async (c) => {
  const account = await c.account('rosa')
  const other = await c.account('rolf')
  const { did, token } = account
  const create = (label, input, who = token) =>
    c.post(
      `create: ${label}`,
      `${R}.createRecord`,
      { repo: did, collection: POST, record: { $type: POST, text: 'hello', createdAt }, ...input },
      who,
    )
  const post = (changes) => ({ $type: POST, text: 'hello', createdAt, ...changes })
  const { body: first } = await create('a post', { rkey: 'first' })
  await create('with a key that the server picks', {})
  await create('the same key again', { rkey: 'first' })
  await create('by handle', { repo: account.handle, rkey: 'by-handle' })
  await create('in the repository of another', { repo: other.did })
  await create('in the repository of an unknown', { repo: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })
  await create('in the repository of an unknown handle', { repo: 'nobody.test' })
  await create('in no repository', { repo: undefined })
  await create('in what is no name', { repo: 'no such: thing' })
  await create('by nobody', {}, null)
  await create('by the operator', {}, admin)
  await create('without a type', { rkey: 'untyped', record: { text: 'hello', createdAt } })
  await create('of another type', { record: { $type: 'app.bsky.feed.like', text: 'hello', createdAt } })
  await create('of a type that is a number', { record: { $type: 3, text: 'hello', createdAt } })
  await create('in no collection', { collection: 'nonsense' })
  await create('in an unknown collection', {
    collection: 'test.pagurus.thing',
    rkey: 'a',
    record: { any: 'thing', $type: 'test.pagurus.thing' },
  })
  await create('in an unknown collection that is to be checked', {
    collection: 'test.pagurus.thing',
    rkey: 'b',
    validate: true,
    record: { any: 'thing' },
  })
  await create('in an unknown collection that is not to be checked', {
    collection: 'test.pagurus.thing',
    rkey: 'c',
    validate: false,
    record: { any: 'thing' },
  })
  await create('to be checked', { rkey: 'checked', validate: true })
  await create('not to be checked', {
    rkey: 'unchecked',
    validate: false,
    record: { $type: POST, nothing: 'of a post' },
  })
  await create('without its text', { record: post({ text: undefined }) })
  await create('without its time', { record: post({ createdAt: undefined }) })
  await create('with a time that is none', { record: post({ createdAt: 'yesterday' }) })
  await create('with a long text', { record: post({ text: 'x'.repeat(3001) }) })
  await create('with many letters', { record: post({ text: 'ü'.repeat(301) }) })
  await create('with a text that is a number', { record: post({ text: 5 }) })
  await create('with a language that is none', { record: post({ langs: ['1'] }) })
  await create('with four languages', { record: post({ langs: ['en', 'de', 'fr', 'it'] }) })
  await create('with a fraction', { record: post({ reason: 1.5 }) })
  await create('with a fraction, unchecked', { validate: false, record: post({ reason: 1.5 }) })
  await create('with a great number', { record: post({ reason: 2 ** 60 }) })
  await create('with null', { rkey: 'null', record: post({ reason: null }) })
  await create('with an unknown union', {
    rkey: 'union',
    record: post({ embed: { $type: 'test.pagurus.embed', a: 1 } }),
  })
  await create('with a union without a type', { record: post({ embed: { a: 1 } }) })
  await create('with a link', {
    rkey: 'link',
    record: post({ linked: { $link: first.cid ?? 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a' } }),
  })
  await create('with a link that is none', { record: post({ linked: { $link: 'nonsense' } }) })
  await create('with bytes', { rkey: 'bytes', record: post({ some: { $bytes: 'aGVsbG8' } }) })
  await create('with bytes that are none', { record: post({ some: { $bytes: '%%%' } }) })
  await create('with another prototype', {
    record: JSON.parse(`{"$type":"${POST}","text":"a","createdAt":"${createdAt}","__proto__":{"a":1}}`),
  })
  await create('that is a list', { record: [] })
  await create('that is a text', { record: 'hello' })
  await create('that is null', { record: null })
  await create('that is absent', { record: undefined })
  const deep = (depth) => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)
  await create('that is deep', { rkey: 'deep', collection: 'test.pagurus.deep', record: { a: deep(20) } })
  await create('that is very deep', { collection: 'test.pagurus.deep', record: { a: deep(4000) } })
  await create('with an old blob', {
    record: post({
      embed: {
        $type: 'app.bsky.embed.images',
        images: [
          {
            alt: '',
            image: { cid: 'bafkreiabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz', mimeType: 'image/png' },
          },
        ],
      },
    }),
  })
  await create('with a blob that is not there', {
    record: post({
      embed: {
        $type: 'app.bsky.embed.images',
        images: [
          {
            alt: '',
            image: {
              $type: 'blob',
              ref: { $link: 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq' },
              mimeType: 'image/png',
              size: 5,
            },
          },
        ],
      },
    }),
  })
  for (const [label, rkey] of [
    ['of one letter', 'a'],
    ['of a dot', '.'],
    ['of two dots', '..'],
    ['with a slash', 'a/b'],
    ['that is empty', ''],
    ['with a space', 'a b'],
    ['with all signs', 'A-z_0.9~:x'],
    ['of 512', 'k'.repeat(512)],
    ['of 513', 'k'.repeat(513)],
    ['with an umlaut', 'ä'],
  ])
    await create(`a key ${label}`, { collection: 'test.pagurus.key', rkey, record: { n: 1 } })
  await create('a post whose key is no TID', { rkey: 'not-a-tid' })
  await create('a profile', { collection: 'app.bsky.actor.profile', rkey: 'self', record: { displayName: 'Alice' } })
  await create('a profile with another key', {
    collection: 'app.bsky.actor.profile',
    rkey: 'other',
    record: { displayName: 'Alice' },
  })
  await create('a profile without a key', { collection: 'app.bsky.actor.profile', record: { displayName: 'Alice' } })
  await create('a schema', {
    collection: 'com.atproto.lexicon.schema',
    rkey: 'test.pagurus.thing',
    record: { lexicon: 1, id: 'test.pagurus.thing', defs: {} },
  })
  await create('a schema with another key', {
    collection: 'com.atproto.lexicon.schema',
    rkey: 'self',
    record: { lexicon: 1, id: 'test.pagurus.thing', defs: {} },
  })
  await create('a record of half a megabyte', {
    collection: 'test.pagurus.big',
    rkey: 'half',
    record: { text: 'x'.repeat(500_000) },
  })
  await create('a record of a megabyte', {
    collection: 'test.pagurus.big',
    rkey: 'one',
    record: { text: 'x'.repeat(1_000_001) },
  })

  const subject = { uri: first.uri, cid: first.cid }
  const like = (label, changes) =>
    create(label, { collection: 'app.bsky.feed.like', record: { subject, createdAt }, ...changes })
  await like('a like', { rkey: '3jui7kd54zh2y' })
  await like('the same like again', { rkey: '3jui7kd54zh22' })
  await c.get('only one like is left', `${R}.listRecords`, { repo: did, collection: 'app.bsky.feed.like' })
  await like('the same like unchecked', { rkey: '3jui7kd54zh23', validate: false })
  await c.get('two likes are left', `${R}.listRecords`, { repo: did, collection: 'app.bsky.feed.like' })
  const follow = (label, rkey) =>
    create(label, { collection: 'app.bsky.graph.follow', rkey, record: { subject: other.did, createdAt } })
  await follow('a follow', '3jui7kd54zh2y')
  await follow('the same follow again', '3jui7kd54zh22')
  await c.get('only one follow is left', `${R}.listRecords`, { repo: did, collection: 'app.bsky.graph.follow' })

  const read = (label, params, who) =>
    c.get(`read: ${label}`, `${R}.getRecord`, { repo: did, collection: POST, rkey: 'first', ...params }, who)
  await read('a post', {})
  await read('by handle', { repo: account.handle })
  await read('with its CID', { cid: first.cid })
  await read('with another CID', { cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a' })
  await read('with a CID that is none', { cid: 'nonsense' })
  await read('that is not there', { rkey: 'nothing' })
  await read('with a key that is none', { rkey: 'a/b' })
  await read('without a key', { rkey: undefined })
  await read('in a collection that is none', { collection: 'nonsense' })
  await read('of an unknown DID', { repo: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })
  await read('of an unknown handle', { repo: 'nobody.test' })
  await read('of what is no name', { repo: 'no such: thing' })
  await read('with a session', {}, token)
  await read('with a wrong session', {}, 'nonsense')
  await read('unchecked one', { rkey: 'unchecked' })
  await read('with bytes', { rkey: 'bytes' })
  await read('with a link', { rkey: 'link' })

  const list = (label, params) =>
    c.get(`list: ${label}`, `${R}.listRecords`, { repo: did, collection: 'test.pagurus.thing', ...params })
  await list('all', {})
  await list('one', { limit: 1 })
  await list('from a cursor', { cursor: 'b' })
  await list('backwards', { reverse: true })
  await list('backwards from a cursor', { reverse: true, cursor: 'b' })
  await list('from the last', { cursor: 'a' })
  await list('an empty collection', { collection: 'test.pagurus.nothing' })
  await list('none', { limit: 0 })
  await list('101', { limit: 101 })
  await list('a word of them', { limit: 'many' })
  await list('in a collection that is none', { collection: 'nonsense' })
  await list('of an unknown DID', { repo: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })
  await list('of an unknown handle', { repo: 'nobody.test' })
  await list('from a start', { rkeyStart: 'b' })
  await list('by handle', { repo: account.handle })
  await list('with yes for true', { reverse: 'yes' })
  await list('two repositories', { repo: [did, other.did] })

  const describe = (label, repo) => c.get(`describe: ${label}`, `${R}.describeRepo`, { repo })
  await describe('a DID', did)
  await describe('a handle', account.handle)
  await describe('an unknown DID', 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')
  await describe('an unknown handle', 'nobody.test')
  await describe('what is no name', 'no such: thing')
  await describe('nothing', undefined)
}
