// What is served beside the methods: documents, pages, the doors of OAuth.

export const script = async (c) => {
  const account = await c.account('pascal')
  const get = (label, path, headers) => c.send(label, 'GET', path, { headers })
  await get('the root', '/')
  await get('robots', '/robots.txt')
  await get('health', '/xrpc/_health')
  await c.send('health by HEAD', 'HEAD', '/xrpc/_health')
  await c.send('health by POST', 'POST', '/xrpc/_health')
  await get('favicon', '/favicon.ico')
  const named = (label, host) => get(`a handle: ${label}`, '/.well-known/atproto-did', { host })
  await named('one', account.handle)
  await named('one with a port', `${account.handle}:443`)
  await named('one in capitals', account.handle.toUpperCase())
  await named('an unknown one', 'nobody.test')
  await named('one elsewhere', 'alice.example.com')
  await named('the server', 'localhost')
  await named('the domain', 'test')
  await get('its own identity', '/.well-known/did.json')
  await get('the door to passwords', '/.well-known/change-password')
  await get('certificates for one', `/tls-check?domain=${account.handle}`)
  await get('certificates for an unknown one', '/tls-check?domain=nobody.test')
  await get('certificates for another', '/tls-check?domain=example.com')
  await get('certificates for the server', '/tls-check?domain=localhost')
  await get('certificates for nothing', '/tls-check')
  await get('OAuth: the resource', '/.well-known/oauth-protected-resource')
  await get('OAuth: the server', '/.well-known/oauth-authorization-server')
  await get('OAuth: another document', '/.well-known/openid-configuration')
  await get('OAuth: keys', '/oauth/jwks')
  const post = (label, path, body, type = 'application/x-www-form-urlencoded') =>
    c.send(label, 'POST', path, { headers: { 'content-type': type }, body })
  await post('OAuth: a request of nobody', '/oauth/par', '')
  await post(
    'OAuth: a request without a proof',
    '/oauth/par',
    'client_id=http%3A%2F%2Flocalhost&response_type=code&scope=atproto',
  )
  await get('OAuth: a request by GET', '/oauth/par')
  await post('OAuth: a token of nobody', '/oauth/token', '')
  await post(
    'OAuth: a token for a wrong code',
    '/oauth/token',
    'grant_type=authorization_code&client_id=http%3A%2F%2Flocalhost&code=cod-a&redirect_uri=http%3A%2F%2F127.0.0.1%2F&code_verifier=a',
  )
  await post('OAuth: another kind of token', '/oauth/token', 'grant_type=password&client_id=http%3A%2F%2Flocalhost')
  await post('OAuth: revoking nothing', '/oauth/revoke', '')
  await post('OAuth: revoking an unknown token', '/oauth/revoke', 'client_id=http%3A%2F%2Flocalhost&token=tok-a')
  await get('OAuth: the page without a request', '/oauth/authorize')
  await get('the page of accounts', '/account')
}
