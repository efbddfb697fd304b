// Puts, deletions, many writes at once, and swaps.

const R = 'com.atproto.repo'
const THING = 'test.pagurus.thing'
const OLD = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
const createdAt = '2026-01-01T00:00:00.000Z'

export const script = async (c) => {
  const account = await c.account('wanda')
  const other = await c.account('willy')
  const { did, token } = account
  const put = (label, input, who = token) =>
    c.post(
      `put: ${label}`,
      `${R}.putRecord`,
      { repo: did, collection: THING, rkey: 'a', record: { n: 1 }, ...input },
      who,
    )
  const { body: first } = await put('a new one', {})
  await put('the same again', {})
  await put('the same with a wrong swap', { swapRecord: OLD })
  const { body: second } = await put('another', { record: { n: 2 } })
  await put('with the wrong record', { record: { n: 3 }, swapRecord: first.cid })
  await put('with the right record', { record: { n: 3 }, swapRecord: second.cid })
  await put('where none may be, and one is', { record: { n: 4 }, swapRecord: null })
  await put('where none may be, and none is', { rkey: 'b', swapRecord: null })
  await put('over what is not there', { rkey: 'c', swapRecord: OLD })
  await put('with the wrong commit', { record: { n: 5 }, swapCommit: OLD })
  const { body: latest } = await c.get('the head', 'com.atproto.sync.getLatestCommit', { did })
  await put('with the right commit', { record: { n: 5 }, swapCommit: latest.cid })
  await put('with a swap that is no CID', { swapRecord: 'nonsense' })
  await put('in the repository of another', { repo: other.did })
  await put('by nobody', {}, null)
  await put('without a key', { rkey: undefined })
  await put('with a key that is none', { rkey: 'a/b' })
  await put('an unknown type that is to be checked', { validate: true })
  await put('a post that is none', { collection: 'app.bsky.feed.post', record: { a: 1 } })
  await put('a profile', { collection: 'app.bsky.actor.profile', rkey: 'self', record: { displayName: 'A' } })
  await put('a profile with an old avatar', {
    collection: 'app.bsky.actor.profile',
    rkey: 'self',
    record: { avatar: { cid: 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq', mimeType: 'image/png' } },
  })

  const erase = (label, input, who = token) =>
    c.post(`delete: ${label}`, `${R}.deleteRecord`, { repo: did, collection: THING, rkey: 'b', ...input }, who)
  await erase('with the wrong record', { swapRecord: OLD })
  await erase('with the wrong commit', { swapCommit: OLD })
  await erase('one', {})
  await erase('it again', {})
  await erase('what is not there with a wrong swap', { swapRecord: OLD })
  await erase('what is not there with a wrong commit', { swapCommit: OLD })
  await erase('in the repository of another', { repo: other.did })
  await erase('by nobody', {}, null)
  await erase('without a key', { rkey: undefined })
  await erase('in no collection', { collection: 'nonsense' })

  const apply = (label, writes, input, who = token) =>
    c.post(`apply: ${label}`, `${R}.applyWrites`, { repo: did, writes, ...input }, who)
  const write = (kind, rkey, value, collection = THING) => ({
    $type: `${R}.applyWrites#${kind}`,
    collection,
    rkey,
    value,
  })
  await apply('three', [write('create', 'x', { n: 1 }), write('create', 'y', { n: 2 }), write('update', 'a', { n: 6 })])
  await apply('none', [])
  await apply('one of each', [write('create', 'z', { n: 1 }), write('update', 'x', { n: 2 }), write('delete', 'y')])
  await apply('without a key', [write('create', undefined, { n: 1 })])
  await apply('a key that is there', [write('create', 'x', { n: 1 })])
  await apply('an update of nothing', [write('update', 'nothing', { n: 1 })])
  await apply('a deletion of nothing', [write('delete', 'nothing')])
  await apply('the same key twice', [write('create', 'twice', { n: 1 }), write('update', 'twice', { n: 2 })])
  await apply('made and gone', [write('create', 'short', { n: 1 }), write('delete', 'short')])
  await apply('one good and one bad', [
    write('create', 'good', { n: 1 }),
    write('create', 'bad', { a: 1 }, 'app.bsky.feed.post'),
  ])
  await c.get('apply: nothing of it is there', `${R}.getRecord`, { repo: did, collection: THING, rkey: 'good' })
  await apply('an unknown kind', [write('replace', 'x', { n: 1 })])
  await apply('without a kind', [{ collection: THING, rkey: 'x', value: {} }])
  await apply(
    '201',
    Array.from({ length: 201 }, (_, index) => write('create', `n${index}`, { n: 1 })),
  )
  await apply(
    '200',
    Array.from({ length: 200 }, (_, index) => write('create', `m${index}`, { n: 1 })),
  )
  await apply('with the wrong commit', [write('create', 'swap', { n: 1 })], { swapCommit: OLD })
  await apply('checked', [write('create', 'checked', { n: 1 })], { validate: true })
  await apply('unchecked', [write('create', 'unchecked', { a: 1 }, 'app.bsky.feed.post')], { validate: false })
  await apply('posts', [
    write('create', 'p1', { text: 'a', createdAt }, 'app.bsky.feed.post'),
    write('create', '3jui7kd54zh2y', { text: 'a', createdAt }, 'app.bsky.feed.post'),
  ])
  await apply('in the repository of another', [write('create', 'x', { n: 1 })], { repo: other.did })
  await apply('by nobody', [write('create', 'x', { n: 1 })], {}, null)
  await apply('no list', undefined)
  await apply(
    'four times half a megabyte',
    ['1', '2', '3', '4'].map((rkey) => write('create', `big${rkey}`, { text: 'x'.repeat(240_000) })),
  )
  await c.get('what there is', `${R}.listRecords`, { repo: did, collection: THING, limit: 5, reverse: true })
  await c.get('in which collections', `${R}.describeRepo`, { repo: did })
}
