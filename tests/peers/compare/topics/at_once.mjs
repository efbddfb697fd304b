// What many do at the same moment, and what is given up half way.

import { cidOf } from '../../moves/person.mjs'

const S = 'com.atproto.server'
const R = 'com.atproto.repo'
const COUNT = 10
const TYPE = 'application/octet-stream'

export const script = async (c) => {
  const same = { handle: 'crowd.test', email: 'crowd@example.com', password: 'password of crowd' }
  const [made] = await c.atOnce('one name for many', COUNT, () => c.quietly(`${S}.createAccount`, { input: same }))
  const { did, accessJwt: token, refreshJwt: refresh } = made?.body ?? {}
  c.known('crowd', { did })
  const sessions = await c.atOnce('one token refreshed by many', COUNT, () =>
    c.quietly(`${S}.refreshSession`, { who: refresh }),
  )
  const ids = sessions.map(({ body }) => JSON.parse(Buffer.from(body.refreshJwt.split('.')[1], 'base64url')).jti)
  c.keep('leads to one session', 'their tokens', { ids: new Set(ids).size })
  const write = (record, rkey) =>
    c.quietly(`${R}.createRecord`, {
      input: { repo: did, collection: 'test.pagurus.thing', rkey, record },
      who: token,
    })
  await c.atOnce('many records', COUNT, (n) => write({ n }))
  await c.atOnce('one key for many', COUNT, (n) => write({ n }, 'same'))
  const { body: list } = await c.quietly(`${R}.listRecords`, { params: { repo: did, collection: 'test.pagurus.thing' } })
  c.keep('all of them are there', 'the records', { count: list.records?.length })

  const file = Buffer.alloc(200_000, 'half of it comes')
  await c.uploadHalf(`${R}.uploadBlob`, file, TYPE, token)
  const blob = { $type: 'blob', ref: { $link: cidOf(file) }, mimeType: TYPE, size: file.length }
  const refer = (label) =>
    c.post(
      label,
      `${R}.createRecord`,
      { repo: did, collection: 'test.pagurus.file', record: { file: blob } },
      token,
    )
  await refer('a file of which half came')
  await c.upload('the whole file', `${R}.uploadBlob`, file, TYPE, token)
  await refer('a file that came at the second try')
  await c.get('it is as it was', 'com.atproto.sync.getBlob', { did, cid: cidOf(file) })
}
