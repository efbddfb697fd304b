// Blobs are uploaded, referred to, read, and go with their records.

import { gzipSync } from 'node:zlib'

import { cidOf } from '../../moves/person.mjs'
import { Key, now, serviceToken } from '../tokens.mjs'

const R = 'com.atproto.repo'
const createdAt = '2026-01-01T00:00:00.000Z'
const png = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010806000000', 'hex'),
  Buffer.alloc(40, 7),
])
const jpeg = Buffer.concat([Buffer.from('ffd8ffe000104a46494600010100', 'hex'), Buffer.alloc(60, 3)])

export const script = async (c) => {
  const account = await c.account('bertha')
  const other = await c.account('bruno')
  const { did, token } = account
  const upload = (label, bytes, type, who = token, options) =>
    c.upload(`upload: ${label}`, `${R}.uploadBlob`, bytes, type, who, options)
  const { body: image } = await upload('an image', png, 'image/png')
  await upload('it again', png, 'image/png')
  await upload('an image that says it is text', jpeg, 'text/plain')
  await upload('text', 'hello', 'text/plain')
  await upload('text with a character set', 'hello you', 'text/plain; charset=utf-8')
  await upload('any type', 'hello any', '*/*')
  await upload('an unknown type', 'hello unknown', 'test/unheard-of')
  await upload('what is no type', 'hello typeless', 'nonsense')
  await upload('without a type', 'hello nothing', undefined)
  await upload('JSON', '{"a":1}', 'application/json')
  await upload('nothing', '', 'text/plain')
  await upload('as much as may be', Buffer.alloc(300_000, 1), 'application/octet-stream')
  await upload('a byte too many', Buffer.alloc(300_001, 1), 'application/octet-stream')
  await upload('compressed', gzipSync('hello compressed'), 'text/plain', token, {
    headers: { 'content-encoding': 'gzip' },
  })
  await upload('compressed and too great', gzipSync(Buffer.alloc(400_000)), 'text/plain', token, {
    headers: { 'content-encoding': 'gzip' },
  })
  await upload('compressed in a way that nobody knows', 'hello', 'text/plain', token, {
    headers: { 'content-encoding': 'zip' },
  })
  await upload('compressed badly', 'hello', 'text/plain', token, { headers: { 'content-encoding': 'gzip' } })
  await c.send('upload: in pieces', 'POST', `/xrpc/${R}.uploadBlob`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
    body: 'in pieces',
    chunked: true,
  })
  await c.send('upload: in pieces and too great', 'POST', `/xrpc/${R}.uploadBlob`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
    body: Buffer.alloc(310_000, 2),
    chunked: true,
  })
  await upload('by nobody', 'hello', 'text/plain', null)
  await upload('with nonsense', 'hello', 'text/plain', 'nonsense')
  const key = c.moderation.key
  const service = (claims, signer = key) =>
    serviceToken(signer, { iss: c.moderation.did, aud: c.did, lxm: `${R}.uploadBlob`, ...claims })
  await upload('with a service token of somebody else', 'hello', 'text/plain', service())
  const { body: auth } = await c.quietly('com.atproto.server.getServiceAuth', {
    params: { aud: c.did, lxm: `${R}.uploadBlob` },
    who: token,
  })
  await upload('with a service token', 'hello service', 'text/plain', auth.token)
  const { body: fragment } = await c.quietly('com.atproto.server.getServiceAuth', {
    params: { aud: `${c.did}#atproto_pds`, lxm: `${R}.uploadBlob` },
    who: token,
  })
  await upload('with a service token for our service', 'hello service', 'text/plain', fragment.token ?? 'none')
  const { body: wrong } = await c.quietly('com.atproto.server.getServiceAuth', {
    params: { aud: c.did, lxm: `${R}.getRecord` },
    who: token,
  })
  await upload('with a service token for another method', 'hello', 'text/plain', wrong.token)
  const { body: elsewhere } = await c.quietly('com.atproto.server.getServiceAuth', {
    params: { aud: 'did:web:example.com', lxm: `${R}.uploadBlob` },
    who: token,
  })
  await upload('with a service token for another server', 'hello', 'text/plain', elsewhere.token)
  await upload('with a service token of a stranger', 'hello', 'text/plain', service({ iss: did }, new Key()))
  await upload('with a service token that has ended', 'hello', 'text/plain', service({ exp: now() - 5 }))
  await upload(
    'with a service token of an unknown DID',
    'hello',
    'text/plain',
    service({ iss: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }),
  )

  const blob = image.blob ?? {}
  const post = (label, image, rkey, who = account) =>
    c.post(
      `refer: ${label}`,
      `${R}.createRecord`,
      {
        repo: who.did,
        collection: 'app.bsky.feed.post',
        rkey,
        record: { text: label, createdAt, embed: { $type: 'app.bsky.embed.images', images: [{ alt: '', image }] } },
      },
      who.token,
    )
  const get = (label, params, who, options) =>
    c.get(`get: ${label}`, 'com.atproto.sync.getBlob', { did, cid: cidOf(png), ...params }, who, options)
  await get('what nobody refers to', {})
  await get('what nobody refers to, by its owner', {}, token)
  await post('another type than it has', { ...blob, mimeType: 'image/jpeg' }, 'a')
  await post('another size than it has', { ...blob, size: 5 }, 'b')
  await post(
    'a type that is not allowed',
    { $type: 'blob', ref: { $link: cidOf(Buffer.from('hello')) }, mimeType: 'text/plain', size: 5 },
    'c',
  )
  await post('what is not there', { ...blob, ref: { $link: cidOf(Buffer.from('not there')) } }, 'd')
  await post('the blob of another', blob, 'e', other)
  await post('an image', blob, '3jui7kd54zh2y')
  await post('it once more', blob, '3jui7kd54zh22')
  await post('it with another size', { ...blob, size: 7 }, '3jui7kd54zh23')
  await get('a blob', {})
  await c.send('get: it with HEAD', 'HEAD', `/xrpc/com.atproto.sync.getBlob?did=${did}&cid=${cidOf(png)}`)
  await get('a part of it', {}, undefined, { headers: { range: 'bytes=0-9' } })
  await get('with nonsense', {}, 'nonsense')
  await get('of another account', { did: other.did })
  await get('of an unknown account', { did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })
  await get('what is not there', { cid: cidOf(Buffer.from('not there')) })
  await get('what is no CID', { cid: 'nonsense' })
  await get('without a CID', { cid: undefined })
  await get('by handle', { did: account.handle })
  await c.post(
    'refer: text',
    `${R}.createRecord`,
    {
      repo: did,
      collection: 'test.pagurus.file',
      rkey: 'a',
      record: { file: { $type: 'blob', ref: { $link: cidOf(Buffer.from('hello')) }, mimeType: 'text/plain', size: 5 } },
    },
    token,
  )
  await get('text', { cid: cidOf(Buffer.from('hello')) })
  await c.get('list', 'com.atproto.sync.listBlobs', { did })
  await c.get('list one', 'com.atproto.sync.listBlobs', { did, limit: 1 })
  await c.get('list from a cursor', 'com.atproto.sync.listBlobs', { did, cursor: cidOf(png) })
  await c.get('list since', 'com.atproto.sync.listBlobs', { did, since: '2222222222222' })
  await c.get('list of nobody', 'com.atproto.sync.listBlobs', { did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })
  await c.get('list 1001', 'com.atproto.sync.listBlobs', { did, limit: 1001 })
  await c.get('missing', `${R}.listMissingBlobs`, {}, token)
  await c.get('missing for nobody', `${R}.listMissingBlobs`)
  await c.get('missing 0', `${R}.listMissingBlobs`, { limit: 0 }, token)
  await c.get('the state with blobs', 'com.atproto.server.checkAccountStatus', {}, token)
  const erase = (rkey) =>
    c.quietly(`${R}.deleteRecord`, { input: { repo: did, collection: 'app.bsky.feed.post', rkey }, who: token })
  await erase('3jui7kd54zh2y')
  await get('it while one record is left', {})
  await erase('3jui7kd54zh22')
  await erase('3jui7kd54zh23')
  await get('it when none is left', {})
  await c.get('list when none is left', 'com.atproto.sync.listBlobs', { did })
}
