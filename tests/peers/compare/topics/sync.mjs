// Repositories, proofs, blocks, lists and statuses, as relays and readers ask for them.

import { admin } from '../side.mjs'

const X = 'com.atproto.sync'
const UNKNOWN = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const OLD = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'

export const script = async (c) => {
  const account = await c.account('sylvia')
  const other = await c.account('sybil')
  const { did, token } = account
  const { body: empty } = await c.get('an empty repository', `${X}.getLatestCommit`, { did })
  const writes = Array.from({ length: 30 }, (_, index) => ({
    $type: 'com.atproto.repo.applyWrites#create',
    collection: 'test.pagurus.thing',
    rkey: `key${index}`,
    value: { n: index },
  }))
  const { body } = await c.quietly('com.atproto.repo.applyWrites', { input: { repo: did, writes }, who: token })
  const cids = body.results.map(({ cid }) => cid)
  const { body: latest } = await c.get('the latest commit', `${X}.getLatestCommit`, { did })
  const absent = { did: UNKNOWN }
  for (const [name, params] of [
    ['getLatestCommit', {}],
    ['getRepo', {}],
    ['getRepoStatus', {}],
    ['getHead', {}],
    ['getCheckout', {}],
    ['listBlobs', {}],
    ['getBlocks', { cids: [latest.cid] }],
    ['getRecord', { collection: 'test.pagurus.thing', rkey: 'key1' }],
    ['getBlob', { cid: 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq' }],
  ]) {
    const ask = (label, changes, who) => c.get(`${name} ${label}`, `${X}.${name}`, { did, ...params, ...changes }, who)
    await ask('for all', {})
    await ask('for its owner', {}, token)
    await ask('for another', {}, other.token)
    await ask('for the operator', {}, admin)
    await ask('with nonsense', {}, 'nonsense')
    await ask('with another scheme', {}, { authorization: 'Token abc' })
    await ask('of an unknown DID', absent)
    await ask('of an unknown DID for the operator', absent, admin)
    await ask('of what is no DID', { did: 'nonsense' })
    await ask('of a handle', { did: account.handle })
    await ask('of nothing', { did: undefined })
  }
  const archive = (label, params, options) =>
    c.get(`archive ${label}`, `${X}.getRepo`, { did, ...params }, undefined, options)
  await archive('since the beginning', { since: empty.rev })
  await archive('since now', { since: latest.rev })
  await archive('since nonsense', { since: 'nonsense' })
  await archive('since the future', { since: 'bzzzzzzzzzzzz' })
  await archive('compressed', {}, { headers: { 'accept-encoding': 'gzip' } })
  const proof = (label, params) =>
    c.get(`proof ${label}`, `${X}.getRecord`, { did, collection: 'test.pagurus.thing', rkey: 'key7', ...params })
  await proof('of a record', {})
  await proof('of nothing', { rkey: 'nothing' })
  await proof('in no collection', { collection: 'test.pagurus.nothing' })
  await proof('in what is no collection', { collection: 'nonsense' })
  await proof('of what is no key', { rkey: 'a/b' })
  await proof('of an old commit', { commit: OLD })
  const blocks = (label, cids) => c.get(`blocks ${label}`, `${X}.getBlocks`, { did, cids })
  await blocks('of one record', cids[3])
  await blocks('of three', cids.slice(0, 3))
  await blocks('of one that is not there', [cids[0], OLD])
  await blocks('of none', undefined)
  await blocks('of what is no CID', 'nonsense')
  const list = (label, params) => c.get(`list ${label}`, `${X}.listRepos`, params)
  await list('one', { limit: 1 })
  await list('none', { limit: 0 })
  await list('1001', { limit: 1001 })
  await list('from nonsense', { cursor: 'nonsense' })
  await list('from the future', { cursor: '9999999999999::did:plc:zzzzzzzzzzzzzzzzzzzzzzzz' })
  for (const [name, params] of [
    ['getHostStatus', { hostname: 'localhost' }],
    ['listHosts', {}],
    ['listReposByCollection', { collection: 'test.pagurus.thing' }],
  ]) {
    await c.get(`${name} by nobody`, `${X}.${name}`, params)
    await c.get(`${name} with a session`, `${X}.${name}`, params, token)
  }
  await c.post('requestCrawl', `${X}.requestCrawl`, { hostname: 'example.com' })
  await c.post('notifyOfUpdate', `${X}.notifyOfUpdate`, { hostname: 'example.com' })
}
