// An app view that is behind: what its user has just written is put into its answers.

const A = 'app.bsky'
const createdAt = '2026-01-01T00:00:00.000Z'
const LATER = 'bzzzzzzzzzzzz'

export const script = async (c) => {
  const account = await c.account('rudi')
  const { did, handle, token } = account
  const put = (collection, rkey, record) =>
    c.quietly('com.atproto.repo.putRecord', { input: { repo: did, collection, rkey, record }, who: token })
  const { body: before } = await put(`${A}.feed.post`, '3jui7kd54zh2y', {
    $type: `${A}.feed.post`,
    text: 'old',
    createdAt,
  })
  const rev = before.commit.rev
  await put(`${A}.actor.profile`, 'self', {
    $type: `${A}.actor.profile`,
    displayName: 'Rudi the new',
    description: 'new',
  })
  const root = { uri: before.uri, cid: before.cid }
  const { body: post } = await put(`${A}.feed.post`, '3jui7kd54zh22', {
    $type: `${A}.feed.post`,
    text: 'new',
    createdAt,
  })
  const { body: reply } = await put(`${A}.feed.post`, '3jui7kd54zh23', {
    $type: `${A}.feed.post`,
    text: 'a reply',
    createdAt,
    reply: { root, parent: root },
  })
  const author = { did, handle, displayName: 'Rudi the old' }
  const view = {
    uri: before.uri,
    cid: before.cid,
    author,
    record: { $type: `${A}.feed.post`, text: 'old', createdAt },
    indexedAt: createdAt,
  }
  const stranger = { ...view, author: { did: 'did:web:example.com', handle: 'example.com' } }
  const ANSWERS = {
    'actor.getProfile': [{ actor: did }, { ...author, description: 'old', followersCount: 3 }],
    'actor.getProfiles': [
      { actors: [did, 'did:web:example.com'] },
      {
        profiles: [
          { ...author, followersCount: 3 },
          { did: 'did:web:example.com', handle: 'example.com' },
        ],
      },
    ],
    'feed.getTimeline': [{}, { feed: [{ post: view }, { post: stranger }], cursor: 'c' }],
    'feed.getAuthorFeed': [{ actor: did }, { feed: [{ post: view }] }],
    'feed.getActorLikes': [{ actor: did }, { feed: [{ post: view }] }],
    'feed.getPostThread': [
      { uri: before.uri },
      { thread: { $type: `${A}.feed.defs#threadViewPost`, post: view, replies: [] } },
    ],
  }
  for (const [name, [params, body]] of Object.entries(ANSWERS)) {
    const nsid = `${A}.${name}`
    const ask = async (label, headers, { status = 200, answer = body, who = token, changes } = {}) => {
      c.stub.wanted.set(nsid, { status, body: answer, headers })
      await c.get(`${name}: ${label}`, nsid, { ...params, ...changes }, who)
      c.stub.wanted.delete(nsid)
    }
    await ask('behind', { 'atproto-repo-rev': rev })
    await ask('up to date', { 'atproto-repo-rev': LATER })
    await ask('that says nothing', {})
    await ask('with a revision from before the account', { 'atproto-repo-rev': '2222222222222' })
    await ask('with a revision that is none', { 'atproto-repo-rev': 'nonsense' })
    await ask('with what is no answer', { 'atproto-repo-rev': rev }, { answer: { other: 'thing' } })
    await ask('with an error', { 'atproto-repo-rev': rev }, { status: 400, answer: { error: 'Oops', message: 'no' } })
    await ask('by nobody', { 'atproto-repo-rev': rev }, { who: null })
    await ask(
      'without parameters',
      { 'atproto-repo-rev': rev },
      { changes: { actor: undefined, actors: undefined, uri: undefined } },
    )
  }
  for (const [label, encoding] of [
    ['in two ways', 'gzip, br;q=0.5'],
    ['in no way but gzip', 'gzip, *;q=0'],
    ['in a way that nobody knows', 'shiny'],
    ['in no way that anybody knows', 'shiny, *;q=0'],
    ['in what is no way', ';q=1'],
  ]) {
    const [, body] = ANSWERS['feed.getTimeline']
    c.stub.wanted.set(`${A}.feed.getTimeline`, { body, headers: { 'atproto-repo-rev': LATER } })
    const options = { headers: { 'accept-encoding': encoding } }
    await c.get(`a timeline ${label}`, `${A}.feed.getTimeline`, {}, token, options)
    c.stub.wanted.delete(`${A}.feed.getTimeline`)
  }
  c.stub.wanted.set(`${A}.feed.getPostThread`, {
    status: 400,
    body: { error: 'NotFound', message: 'Post not found' },
    headers: { 'atproto-repo-rev': rev },
  })
  await c.get('a thread that the app view does not know', `${A}.feed.getPostThread`, { uri: post.uri }, token)
  await c.get(
    'a thread by handle',
    `${A}.feed.getPostThread`,
    { uri: `at://${handle}/${A}.feed.post/3jui7kd54zh22` },
    token,
  )
  await c.get('a reply that the app view does not know', `${A}.feed.getPostThread`, { uri: reply.uri }, token)
  await c.get(
    'a thread that nobody knows',
    `${A}.feed.getPostThread`,
    { uri: `at://${did}/${A}.feed.post/nothing` },
    token,
  )
  c.stub.wanted.delete(`${A}.feed.getPostThread`)
}
