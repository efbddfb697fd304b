// What goes between an app and the server: looked at, and lost when a check wants it to be.

/** A `fetch` that notes each request, and can lose an answer that the server has given. */
export const openWire = (host) => {
  const wire = { seen: [], losing: null }
  wire.fetch = async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const body = request.method === 'POST' ? await request.clone().text() : ''
    const response = await fetch(request)
    if (url.origin !== host.url) return response
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    const error = response.ok || !isJson ? undefined : (await response.clone().json()).error
    wire.seen.push({ path: url.pathname.replace('/xrpc/', ''), status: response.status, error, body })
    if (wire.losing === url.pathname) {
      wire.losing = null
      await response.arrayBuffer()
      throw new TypeError('fetch failed', { cause: new Error('the connection is gone') })
    }
    return response
  }
  /** What was seen since, of one path, as statuses and errors. */
  wire.since = async (path, body) => {
    const before = wire.seen.length
    const result = await body()
    const seen = wire.seen.slice(before).filter((one) => one.path === path)
    return { result, seen, short: seen.map(({ status, error }) => (error ? `${status} ${error}` : `${status}`)) }
  }
  return wire
}
