// Handles: which may be had, and how they are changed.

const I = 'com.atproto.identity'

export const script = async (c) => {
  const account = await c.account('hanna')
  const other = await c.account('heinz')
  const asleep = await c.account('hilde')
  await c.quietly('com.atproto.server.deactivateAccount', { input: {}, who: asleep.token })
  const HANDLES = {
    'a label of two letters': 'ab.test',
    'a label of three letters': 'abc.test',
    'a label of 18 letters': 'abcdefghijklmnopqr.test',
    'a label of 19 letters': 'abcdefghijklmnopqrs.test',
    'two labels': 'a.bcd.test',
    'with a dash': 'a-b-c.test',
    'that begins with a dash': '-abc.test',
    'that ends with a dash': 'abc-.test',
    'with an underscore': 'a_bc.test',
    'with an umlaut': 'äbc.test',
    'of digits': '12345.test',
    'that is reserved': 'admin.test',
    'that is reserved, in capitals': 'ADMIN.test',
    'of a famous one': 'barackobama.test',
    'of the protocol': 'atproto.test',
    'that slurs': `${Buffer.from('cmVnZ2lu', 'base64').toString().split('').reverse().join('')}.test`,
    'that is taken': other.handle,
    'that is taken, in capitals': other.handle.toUpperCase(),
    'of a sleeper': asleep.handle,
    'of somebody else’s domain': 'alice.example.com',
    'under .local': 'alice.local',
    'under .arpa': 'alice.arpa',
    'under .invalid': 'alice.invalid',
    'under .localhost': 'alice.localhost',
    'under .internal': 'alice.internal',
    'under .example': 'alice.example',
    'under .alt': 'alice.alt',
    'under .onion': 'alice.onion',
    'the invalid one': 'handle.invalid',
    'of one label': 'alice',
    'that is empty': '',
    'with an at sign': '@alice.test',
    'with a dot at the end': 'alicia.test.',
    'with a long label': `${'a'.repeat(64)}.test`,
    'that is too long': `${'a.'.repeat(130)}test`,
    'that is the domain': '.test',
    'a DID': other.did,
  }
  let count = 0
  for (const [label, handle] of Object.entries(HANDLES)) {
    count += 1
    await c.post(`an account with one ${label}`, 'com.atproto.server.createAccount', {
      handle,
      email: `handle${count}@example.com`,
      password: 'password',
    })
    await c.post(`changing to one ${label}`, `${I}.updateHandle`, { handle }, account.token)
  }
  const change = (label, input, who = account.token) => c.post(label, `${I}.updateHandle`, input, who)
  await change('a change by nobody', { handle: 'hanna2.test' }, null)
  await change('a change to nothing', {})
  await change('a change', { handle: 'Hanna2.test' })
  await c.get('the old handle', `${I}.resolveHandle`, { handle: account.handle })
  await c.get('the new handle', `${I}.resolveHandle`, { handle: 'hanna2.test' })
  await c.get('the session has it', 'com.atproto.server.getSession', {}, account.token)
  await c.get('the identity has it', 'com.atproto.repo.describeRepo', { repo: account.did })
  await change('the same once more', { handle: 'hanna2.test' })
  await change('back again', { handle: account.handle })
}
