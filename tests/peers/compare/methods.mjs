// Every method with a request that would succeed for an active account: what the table of CONFORMANCE.md asks.

const POST = 'app.bsky.feed.post'
const createdAt = '2026-01-01T00:00:00.000Z'
const CID = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
const CODE = 'AAAAA-BBBBB'

const get = (params = () => ({})) => ({ verb: 'GET', params })
const post = (input, more) => ({ verb: 'POST', input, ...more })
const none = (more) => ({ verb: 'POST', ...more })
const upload = (type, bytes) => ({ verb: 'POST', type, bytes })
// What changes the account so that the next one asked needs another.
const spends = { spends: true }

const did = ({ did }) => ({ did })
const thing =
  (more) =>
  ({ did }) => ({ repo: did, collection: 'test.pagurus.thing', ...more })

const server = {
  activateAccount: none(spends),
  checkAccountStatus: get(),
  confirmEmail: post(({ email }) => ({ email, token: CODE })),
  createAccount: post(
    ({ did, password, unique }) => ({ did, email: `${unique()}@example.com`, handle: `${unique()}.test`, password }),
    spends,
  ),
  createAppPassword: post(({ unique }) => ({ name: unique() })),
  createInviteCode: post(() => ({ useCount: 1 })),
  createInviteCodes: post(() => ({ codeCount: 1, useCount: 1 })),
  createSession: post(({ handle, password }) => ({ identifier: handle, password })),
  deactivateAccount: post(() => ({}), spends),
  deleteAccount: post(({ did, password }) => ({ did, password, token: CODE })),
  deleteSession: none(spends),
  describeServer: get(),
  getAccountInviteCodes: get(),
  getServiceAuth: get(() => ({ aud: 'did:web:example.com', lxm: 'com.example.method' })),
  getSession: get(),
  listAppPasswords: get(),
  refreshSession: none(),
  requestAccountDelete: none(),
  requestEmailConfirmation: none(),
  requestEmailUpdate: none(),
  requestPasswordReset: post(({ email }) => ({ email })),
  reserveSigningKey: post(() => ({})),
  resetPassword: post(() => ({ token: CODE, password: 'password' })),
  revokeAppPassword: post(() => ({ name: 'nothing' })),
  updateEmail: post(({ email }) => ({ email })),
}
const identity = {
  getRecommendedDidCredentials: get(),
  refreshIdentity: post(({ did }) => ({ identifier: did })),
  requestPlcOperationSignature: none(),
  resolveDid: get(did),
  resolveHandle: get(({ handle }) => ({ handle })),
  resolveIdentity: get(({ did }) => ({ identifier: did })),
  signPlcOperation: post(() => ({ token: CODE })),
  submitPlcOperation: post(() => ({ operation: {} })),
  updateHandle: post(({ handle }) => ({ handle })),
}
const repo = {
  applyWrites: post(({ did }) => ({
    repo: did,
    writes: [{ $type: 'com.atproto.repo.applyWrites#create', collection: 'test.pagurus.thing', value: {} }],
  })),
  createRecord: post(thing({ record: {} })),
  deleteRecord: post(thing({ rkey: 'nothing' })),
  describeRepo: get(({ did }) => ({ repo: did })),
  getRecord: get(thing({ rkey: 'a' })),
  importRepo: upload('application/vnd.ipld.car', 'no archive'),
  listMissingBlobs: get(),
  listRecords: get(thing()),
  putRecord: post(thing({ rkey: 'a', record: { n: 1 } })),
  uploadBlob: upload('text/plain', 'a text that is in a record'),
}
const sync = {
  getBlob: get(({ did, blob }) => ({ did, cid: blob })),
  getBlocks: get(({ did }) => ({ did, cids: CID })),
  getCheckout: get(did),
  getHead: get(did),
  getHostStatus: get(() => ({ hostname: 'localhost' })),
  getLatestCommit: get(did),
  getRecord: get(({ did }) => ({ did, collection: 'test.pagurus.thing', rkey: 'a' })),
  getRepo: get(did),
  getRepoStatus: get(did),
  listBlobs: get(did),
  listHosts: get(),
  listRepos: get(() => ({ limit: 1 })),
  listReposByCollection: get(() => ({ collection: 'test.pagurus.thing' })),
  notifyOfUpdate: post(() => ({ hostname: 'example.com' })),
  requestCrawl: post(() => ({ hostname: 'example.com' })),
  subscribeRepos: get(),
}
const admin = {
  deleteAccount: post(did, spends),
  disableAccountInvites: post(({ did }) => ({ account: did })),
  disableInviteCodes: post(() => ({ codes: [] })),
  enableAccountInvites: post(({ did }) => ({ account: did })),
  getAccountInfo: get(did),
  getAccountInfos: get(({ did }) => ({ dids: did })),
  getInviteCodes: get(() => ({ limit: 1 })),
  getSubjectStatus: get(did),
  searchAccounts: get(({ email }) => ({ email })),
  sendEmail: post(({ did }) => ({ recipientDid: did, senderDid: 'did:web:example.com', content: 'Hello' })),
  updateAccountEmail: post(({ did, email }) => ({ account: did, email })),
  updateAccountHandle: post(({ did, handle }) => ({ did, handle })),
  updateAccountPassword: post(({ did, password }) => ({ did, password }), spends),
  updateAccountSigningKey: post(({ did }) => ({
    did,
    signingKey: 'did:key:zQ3shunBKsXixLxKtC5qeSG9E4J5RkGN57im31pcTzbNQnm5w',
  })),
  updateSubjectStatus: post(({ did }) => ({ subject: { $type: 'com.atproto.admin.defs#repoRef', did } })),
}
const temp = {
  addReservedHandle: post(({ unique }) => ({ handle: unique() })),
  checkHandleAvailability: get(() => ({ handle: 'free-handle.test' })),
  checkSignupQueue: get(),
  dereferenceScope: get(() => ({ scope: 'ref:abc' })),
  fetchLabels: get(),
  requestPhoneVerification: post(() => ({ phoneNumber: '+49' })),
  revokeAccountCredentials: post(({ did }) => ({ account: did }), spends),
}
const bsky = {
  'actor.getPreferences': get(),
  'actor.putPreferences': post(() => ({ preferences: [] })),
  'actor.getProfile': get(({ did }) => ({ actor: did })),
  'actor.getProfiles': get(({ did }) => ({ actors: did })),
  'actor.searchActors': get(() => ({ q: 'a' })),
  'feed.getActorLikes': get(({ did }) => ({ actor: did })),
  'feed.getAuthorFeed': get(({ did }) => ({ actor: did })),
  'feed.getFeed': get(() => ({ feed: 'at://did:web:feeds.example/app.bsky.feed.generator/a' })),
  'feed.getPostThread': get(({ did }) => ({ uri: `at://${did}/${POST}/a` })),
  'feed.getTimeline': get(),
  'notification.registerPush': post(({ appview }) => ({
    serviceDid: appview,
    token: 'a',
    platform: 'ios',
    appId: 'a',
  })),
  'notification.unregisterPush': post(({ appview }) => ({
    serviceDid: appview,
    token: 'a',
    platform: 'ios',
    appId: 'a',
  })),
}
const others = {
  'chat.bsky.convo.listConvos': get(),
  'com.atproto.label.queryLabels': get(() => ({ uriPatterns: '*' })),
  'com.atproto.lexicon.resolveLexicon': get(() => ({ nsid: POST })),
  'com.atproto.moderation.createReport': post(({ did }) => ({
    reasonType: 'com.atproto.moderation.defs#reasonSpam',
    subject: { $type: 'com.atproto.admin.defs#repoRef', did },
    createdAt,
  })),
  'com.example.unknown': get(),
  'tools.ozone.moderation.queryEvents': get(),
}

const under = (namespace, methods) =>
  Object.entries(methods).map(([name, method]) => ({ nsid: namespace ? `${namespace}.${name}` : name, ...method }))

/** All of them, by namespace. */
export const METHODS = {
  'com.atproto.server': under('com.atproto.server', server),
  'com.atproto.identity': under('com.atproto.identity', identity),
  'com.atproto.repo': under('com.atproto.repo', repo),
  'com.atproto.sync': under('com.atproto.sync', sync),
  'com.atproto.admin': under('com.atproto.admin', admin),
  'com.atproto.temp': under('com.atproto.temp', temp),
  'app.bsky': under('app.bsky', bsky),
  Others: under('', others),
}
