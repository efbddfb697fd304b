// Repositories and blobs as a server gives them, against the model of whose they are.

import { cborToLexRecord, readCarWithRoot, verifyRepo } from '@atproto/repo'

import { check, equal } from '../ground.mjs'
import { cidOf } from './person.mjs'
import { isSigned } from './stream.mjs'

export const exported = (host, did, { since, token } = {}) =>
  host.ask('com.atproto.sync.getRepo', { params: { did, since }, token })

/** The commit of an archive. */
export const head = async (car) => {
  const { root, blocks } = await readCarWithRoot(car)
  const commit = cborToLexRecord(blocks.get(root))
  return { cid: root.toString(), rev: commit.rev, data: commit.data.toString(), commit, blocks, root }
}

/** A server has just the records of the model, in an archive that holds together. */
export const checkRepository = async (host, person, { key, token } = {}) => {
  const { did } = person
  const car = await exported(host, did, { token })
  const found = await head(car)
  const { creates } = await verifyRepo(found.blocks, found.root, did, key)
  const lines = creates.map(({ collection, rkey, cid }) => `${collection}/${rkey} ${cid}`)
  const expected = [...person.records].map(([path, cid]) => `${path} ${cid}`)
  equal(lines.sort(), expected.sort(), `${host.name} has the records of the model`)
  for (const { cid } of creates) check(found.blocks.has(cid), 'an archive has each record', cid.toString())
  if (key) check(await isSigned(found.commit, key), 'its commit is signed by the key of the account')
  return { ...found, car }
}

/** What the lists of an active account show, and what was deleted is not there. */
export const checkLists = async (host, person) => {
  const repo = person.did
  const about = await host.ask('com.atproto.repo.describeRepo', { params: { repo } })
  equal([about.handle, about.handleIsCorrect], [person.handle, true], 'its name is right')
  const lines = []
  for (const collection of about.collections) {
    let cursor
    do {
      const params = { repo, collection, limit: 100, cursor }
      const page = await host.ask('com.atproto.repo.listRecords', { params })
      lines.push(...page.records.map(({ uri, cid }) => `${uri.slice(`at://${repo}/`.length)} ${cid}`))
      cursor = page.cursor
    } while (cursor)
  }
  const expected = [...person.records].map(([path, cid]) => `${path} ${cid}`)
  equal(lines.sort(), expected.sort(), `lists of ${host.name} have the records of the model`)
  for (const path of person.gone.slice(-10)) {
    const [collection, rkey] = path.split('/')
    const { status, body } = await host.call('com.atproto.repo.getRecord', { params: { repo, collection, rkey } })
    equal([status, body.error], [400, 'RecordNotFound'], `${path} stays deleted`)
  }
}

/** All pages of a list of things that have a cursor. */
const pages = async (host, nsid, field, { params, token }) => {
  const found = []
  let cursor
  do {
    const page = await host.ask(nsid, { params: { ...params, cursor }, token })
    found.push(...page[field])
    check(page.cursor !== cursor || !cursor, 'a cursor moves on', cursor)
    cursor = page.cursor
  } while (cursor)
  return found
}

/** What a server says it lacks, in pages of a few. */
export const missingRows = (host, person) => {
  const options = { params: { limit: 7 }, token: person.token(host) }
  return pages(host, 'com.atproto.repo.listMissingBlobs', 'blobs', options)
}

/** The CIDs of the blobs that a server says it lacks. */
export const missing = async (host, person) => {
  const all = await missingRows(host, person)
  // The reference also lists blobs of records that an import has removed.
  const isGone = ({ recordUri }) => person.gone.some((path) => recordUri.endsWith(`/${path}`))
  const rows = host.isReference ? all.filter((row) => !isGone(row)) : all
  const cids = rows.map(({ cid }) => cid)
  equal(cids.length, new Set(cids).size, 'a missing blob is listed once')
  for (const { cid, recordUri } of rows) {
    const path = recordUri.slice(`at://${person.did}/`.length)
    check(person.references.get(path)?.includes(cid), 'it is listed with a record that names it', { cid, recordUri })
  }
  return cids.sort()
}

export const getBlob = (host, did, cid, token) =>
  host.call('com.atproto.sync.getBlob', { params: { did, cid }, token, raw: true })

/** What is missing is what cannot be had, whatever the server counts. */
export const checkMissing = async (host, person) => {
  const listed = await missing(host, person)
  const absent = []
  for (const cid of person.blobs) {
    const { status } = await getBlob(host, person.did, cid, person.token(host))
    if (status !== 200) absent.push(cid)
  }
  // The reference does not list those that it holds but cannot serve.
  if (!host.isReference) equal(listed, absent, `${host.name} lists the blobs that it lacks`)
  return absent
}

/** Each blob that a record names is there, unchanged, of the type that the record says. */
export const checkBlobs = async (host, person, { token } = {}) => {
  const { did } = person
  for (const cid of person.blobs) {
    const { status, headers, body } = await getBlob(host, did, cid, token)
    check(status === 200, `${host.name} has blob ${cid}`, status === 200 ? '' : body)
    equal(cidOf(body), cid, 'with the bytes it had')
    // The reference says in which characters a text is, which it cannot know.
    const type = headers.get('content-type')
    equal(host.isReference ? type.split(';')[0] : type, person.types.get(cid), `and the type it had (${cid})`)
    equal(headers.get('x-content-type-options'), 'nosniff', 'which nobody is to guess')
    check(/sandbox/.test(headers.get('content-security-policy')), 'and nobody is to run', [...headers])
  }
  const listed = await listBlobs(host, person, token)
  // The reference keeps those of records that an import has removed.
  const kept = host.isReference ? listed.filter((cid) => person.blobs.includes(cid)) : listed
  equal(kept.sort(), person.blobs, `${host.name} lists the blobs that records name`)
}

export const listBlobs = (host, { did }, token) =>
  pages(host, 'com.atproto.sync.listBlobs', 'cids', { params: { did, limit: 9 }, token })
