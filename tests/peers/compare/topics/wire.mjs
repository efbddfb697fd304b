// How requests are written: verbs, paths, parameters, bodies, types, compressions; what pages of other sites
// may ask.

import { deflateSync, gzipSync } from 'node:zlib'

const S = 'com.atproto.server'
const R = 'com.atproto.repo'

export const script = async (c) => {
  const account = await c.account('wilma')
  const { did, token } = account
  const auth = { authorization: `Bearer ${token}` }
  const json = { 'content-type': 'application/json' }
  const DESCRIBE = `/xrpc/${S}.describeServer`
  const SESSION = `/xrpc/${S}.createSession`
  for (const verb of ['HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
    await c.send(`${verb} of a query`, verb, DESCRIBE)
  for (const verb of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) await c.send(`${verb} of a procedure`, verb, SESSION)
  for (const verb of ['GET', 'POST', 'HEAD', 'PUT', 'OPTIONS']) {
    await c.send(`${verb} of an unknown method`, verb, '/xrpc/com.example.unknown')
    await c.send(`${verb} of an unknown method with a session`, verb, '/xrpc/com.example.unknown', { headers: auth })
  }
  for (const [label, path] of Object.entries({
    'a slash at the end': `${DESCRIBE}/`,
    'two slashes at the end': `${DESCRIBE}//`,
    'another part': `${DESCRIBE}/more`,
    'in capitals': `/xrpc/COM.ATPROTO.SERVER.DESCRIBESERVER`,
    'its last part in capitals': `/xrpc/com.atproto.server.DescribeServer`,
    'no method': '/xrpc/',
    'no slash': '/xrpc',
    'one part': '/xrpc/nonsense',
    'two parts': '/xrpc/com.example',
    'a sign': '/xrpc/com.example.un!known',
    'a dot at the end': '/xrpc/com.example.unknown.',
    'a digit at the end': '/xrpc/com.example.1',
    'an escape': `/xrpc/com.atproto.server.describe%53erver`,
    'an escape that is none': '/xrpc/com.atproto%ZZ.server.describeServer',
    'a space': '/xrpc/com.example%20.unknown',
    'a question mark': `${DESCRIBE}?`,
    outside: '/nothing/here',
    'the root of the root': '//',
  }))
    await c.send(`path: ${label}`, 'GET', path)
  await c.send('path: a stream', 'GET', '/xrpc/com.atproto.sync.subscribeRepos')
  await c.send('path: a stream by POST', 'POST', '/xrpc/com.atproto.sync.subscribeRepos')

  const LIST = `/xrpc/${R}.listRecords?repo=${did}&collection=test.pagurus.thing`
  for (const [label, query] of Object.entries({
    'an unknown one': '&colour=red',
    'an empty number': '&limit=',
    'a number with a sign': '&limit=%2B5',
    'a number with a fraction': '&limit=5.5',
    'a number with zeros': '&limit=005',
    'a number with a space': '&limit=%205',
    'a negative number': '&limit=-5',
    'a number in another notation': '&limit=1e1',
    'two numbers': '&limit=5&limit=6',
    'a number that is too great': '&limit=99999999999999999999',
    true: '&reverse=true',
    TRUE: '&reverse=TRUE',
    '1 for true': '&reverse=1',
    'empty for true': '&reverse=',
    'nothing for true': '&reverse',
    'a list of one': '&limit[]=5',
    'a plus': '&cursor=a+b',
    'an escape that is none': '&cursor=%ZZ',
    'bytes that are no text': '&cursor=%FF',
    'a long one': `&cursor=${'a'.repeat(5000)}`,
  }))
    await c.send(`parameters: ${label}`, 'GET', `${LIST}${query}`)
  await c.send('parameters: missing', 'GET', `/xrpc/${R}.listRecords`)
  await c.send('parameters: wrong, and nobody asks', 'GET', `/xrpc/${R}.listMissingBlobs?limit=0`)
  await c.send('parameters: arrays', 'GET', `/xrpc/com.atproto.sync.getBlocks?did=${did}&cids[]=a`)

  const create = JSON.stringify({ identifier: 'nobody.test', password: 'wrong' })
  const send = (label, headers, body, more) => c.send(`body: ${label}`, 'POST', SESSION, { headers, body, ...more })
  await send('as it should be', json, create)
  await send('with a character set', { 'content-type': 'application/json; charset=utf-8' }, create)
  await send('with another character set', { 'content-type': 'application/json; charset=utf-16' }, create)
  await send('in capitals', { 'content-type': 'Application/JSON' }, create)
  await send('without a type', {}, create)
  await send('an empty type', { 'content-type': '' }, create)
  await send('of text', { 'content-type': 'text/plain' }, create)
  await send('of another JSON', { 'content-type': 'application/vnd.example+json' }, create)
  await send('of a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'identifier=a&password=b')
  await send('none', {}, undefined)
  await send('none but a type', json, undefined)
  await send('empty', json, '')
  await send('empty in pieces', json, '', { chunked: true })
  await send('in pieces', json, create, { chunked: true })
  await send('broken', json, '{"identifier":')
  await send('with something after it', json, `${create} more`)
  await send('a text', json, '"text"')
  await send('a number', json, '7')
  await send('null', json, 'null')
  await send('a list', json, '[]')
  await send('a list with one', json, `[${create}]`)
  await send('bytes that are no text', json, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))
  await send(
    'with a mark at the beginning',
    json,
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(create)]),
  )
  await send('a name twice', json, '{"identifier":"a.test","identifier":"nobody.test","password":"wrong"}')
  await send('with another prototype', json, '{"__proto__":{"identifier":"nobody.test"},"password":"wrong"}')
  await send('gzip', { ...json, 'content-encoding': 'gzip' }, gzipSync(create))
  await send('deflate', { ...json, 'content-encoding': 'deflate' }, deflateSync(create))
  await send('gzip that is none', { ...json, 'content-encoding': 'gzip' }, create)
  await send('an unknown compression', { ...json, 'content-encoding': 'zip' }, create)
  await send('no compression by name', { ...json, 'content-encoding': 'identity' }, create)
  await send('as great as may be', json, `${create.slice(0, -1)},"more":"${'x'.repeat(153_600 - create.length - 10)}"}`)
  await send('too great', json, `${create.slice(0, -1)},"more":"${'x'.repeat(153_700)}"}`)
  await send(
    'too great when it is unpacked',
    { ...json, 'content-encoding': 'gzip' },
    gzipSync(`${create.slice(0, -1)},"more":"${'x'.repeat(200_000)}"}`),
  )
  await c.send('body: of a query', 'GET', DESCRIBE, { headers: json, body: '{}' })
  await c.send('body: where none is expected', 'POST', `/xrpc/${S}.requestEmailConfirmation`, {
    headers: { ...auth, ...json },
    body: '{}',
  })
  await c.send('body: of nothing where none is expected', 'POST', `/xrpc/${S}.requestEmailConfirmation`, {
    headers: auth,
    body: '',
  })
  await c.send('body: of nothing in pieces where none is expected', 'POST', `/xrpc/${S}.requestEmailConfirmation`, {
    headers: auth,
    body: '',
    chunked: true,
  })
  await c.send('body: wrong, and nobody asks', 'POST', `/xrpc/${R}.createRecord`, { headers: json, body: '{}' })
  const record = (value) =>
    JSON.stringify({ repo: did, collection: 'test.pagurus.big', rkey: 'big', record: { value } })
  const put = (label, body) =>
    c.send(`body: ${label}`, 'POST', `/xrpc/${R}.putRecord`, { headers: { ...auth, ...json }, body })
  await put('of a record of 200 KB', record('x'.repeat(200_000)))
  await put('of a record of 1,000,001 bytes', record('x'.repeat(1_000_001 - record('').length)))
  await c.send('body: of a deletion of 200 KB', 'POST', `/xrpc/${R}.deleteRecord`, {
    headers: { ...auth, ...json },
    body: JSON.stringify({ repo: did, collection: 'test.pagurus.big', rkey: 'a', more: 'x'.repeat(200_000) }),
  })

  const pages = { origin: 'https://app.example' }
  await c.send('pages: a query', 'GET', DESCRIBE, { headers: pages })
  await c.send('pages: an error', 'GET', `/xrpc/${S}.getSession`, { headers: pages })
  await c.send('pages: an unknown method', 'GET', '/xrpc/com.example.unknown', { headers: pages })
  const preflight = (label, path, headers) =>
    c.send(`pages: may they, ${label}`, 'OPTIONS', path, {
      headers: { ...pages, 'access-control-request-method': 'POST', ...headers },
    })
  await preflight('a procedure', SESSION, {
    'access-control-request-headers': 'authorization,content-type,atproto-proxy',
  })
  await preflight('no headers', SESSION, {})
  await preflight('another verb', DESCRIBE, { 'access-control-request-method': 'PUT' })
  await preflight('an unknown method', '/xrpc/com.example.unknown', {
    'access-control-request-headers': 'authorization',
  })
  await preflight('a health check', '/xrpc/_health', {})
  await preflight('elsewhere', '/nothing/here', {})
  await preflight('documents', '/.well-known/oauth-protected-resource', {})

  await c.get(
    'compressed: a long answer',
    `${R}.getRecord`,
    { repo: did, collection: 'test.pagurus.big', rkey: 'big' },
    undefined,
    { headers: { 'accept-encoding': 'gzip' } },
  )
  await c.get('compressed: a short answer', `${S}.describeServer`, {}, undefined, {
    headers: { 'accept-encoding': 'gzip' },
  })
  await c.get('compressed: in no way', `${S}.describeServer`, {}, undefined, {
    headers: { 'accept-encoding': 'identity;q=0, *;q=0' },
  })
  await c.get('accept: only text', `${S}.describeServer`, {}, undefined, { headers: { accept: 'text/plain' } })
}
