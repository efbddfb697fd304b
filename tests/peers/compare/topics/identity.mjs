// Identities: what is recommended, operations of PLC that are asked for, signed and given to the directory.

import { plc } from '../../ground.mjs'
import { admin } from '../side.mjs'
import { Key } from '../tokens.mjs'

const I = 'com.atproto.identity'

export const script = async (c) => {
  const account = await c.account('ida')
  const { did, email, token, handle } = account
  const { body: recommended } = await c.get('recommended', `${I}.getRecommendedDidCredentials`, {}, token)
  await c.get('recommended for nobody', `${I}.getRecommendedDidCredentials`)
  await c.get('the identity', 'com.atproto.repo.describeRepo', { repo: did })
  const log = async () =>
    c.names.value(
      (await (await fetch(`${plc}/${did}/log`)).json()).map(({ sig: _, ...rest }) => rest),
      'log',
    )
  await log()
  await c.post('a code for nobody', `${I}.requestPlcOperationSignature`)
  const code = await c.newMail(email, () => c.post('a code', `${I}.requestPlcOperationSignature`, undefined, token))
  const sign = (label, input, who = token) => c.post(`sign: ${label}`, `${I}.signPlcOperation`, input, who)
  await sign('without a code', {})
  await sign('with a wrong code', { token: 'AAAAA-BBBBB' })
  await sign('by nobody', { token: code }, null)
  await sign('by the operator', { token: code }, admin)
  await sign('with what is no list', { token: code, rotationKeys: 'key' })
  const { body: signed } = await sign('as it is', { token: code })
  await sign('with the code again', { token: code })
  const newCode = () => c.newMail(email, () => c.quietly(`${I}.requestPlcOperationSignature`, { who: token }))
  const key = new Key().did
  c.names.set(key, 'another key')
  const changed = async (label, changes) => (await sign(label, { token: await newCode(), ...changes })).body.operation
  const elsewhere = { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: 'https://elsewhere.example' } }
  const otherType = { atproto_pds: { type: 'Other', endpoint: c.url } }
  const submit = (label, operation, who = token) =>
    c.post(`submit: ${label}`, `${I}.submitPlcOperation`, { operation }, who)
  await submit('out of our hands', await changed('out of our hands', { rotationKeys: [key] }))
  await submit('elsewhere', await changed('elsewhere', { services: elsewhere }))
  await submit('of another type', await changed('of another type', { services: otherType }))
  await submit('with another key', await changed('with another key', { verificationMethods: { atproto: key } }))
  await submit('with another name', await changed('with another name', { alsoKnownAs: ['at://another.test'] }))
  await submit('with no service', await changed('with no service', { services: {} }))
  await submit('nothing', {})
  await submit('a text', 'operation')
  await submit('null', null)
  await submit('absent', undefined)
  await submit('by nobody', signed.operation, null)
  await submit('with a broken signature', { ...signed.operation, sig: signed.operation?.sig?.replace(/^.{4}/, 'AAAA') })
  await submit('a tombstone', { type: 'plc_tombstone', prev: signed.operation?.prev, sig: signed.operation?.sig })
  await submit('as it is', signed.operation)
  await submit('again', signed.operation)
  const further = await changed('with a key more', { rotationKeys: [key, ...recommended.rotationKeys] })
  await submit('with a key more', further)
  await c.get('the log has a key more', 'com.atproto.repo.describeRepo', { repo: did })

  const resolve = (label, handle, who) => c.get(`resolve: ${label}`, `${I}.resolveHandle`, { handle }, who)
  await resolve('a handle', handle)
  await resolve('a handle in capitals', handle.toUpperCase())
  await resolve('an unknown one of ours', 'nobody.test')
  await resolve('a deeper one of ours', 'no.body.test')
  await resolve('the domain itself', 'test')
  await resolve('one elsewhere', 'nobody.invalid')
  await resolve('a DID', did)
  await resolve('nonsense', 'no such: thing')
  await resolve('nothing', undefined)
  await resolve('with a session', handle, token)
  for (const [name, params] of [
    ['resolveDid', { did }],
    ['resolveIdentity', { identifier: handle }],
  ]) {
    await c.get(`${name} by nobody`, `${I}.${name}`, params)
    await c.get(`${name} with a session`, `${I}.${name}`, params, token)
  }
  await c.post('refreshIdentity by nobody', `${I}.refreshIdentity`, { identifier: handle })
  await c.post('refreshIdentity with a session', `${I}.refreshIdentity`, { identifier: handle }, token)
}
