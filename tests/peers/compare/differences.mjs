// What two servers answered differently, and the list of that which is known to be so.

import { readFile, writeFile } from 'node:fs/promises'

const VALUE_CHARACTERS = 300

const shown = (value) => {
  if (value === undefined) return null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS)}…` : text
}

/** The outermost places at which two values differ, be it as they are or by their names. */
const places = (left, right, path, raw) => {
  const are = (one, other) => JSON.stringify(one) === JSON.stringify(other)
  if (are(left, right) || (raw[0] !== undefined && are(...raw))) return []
  const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)
  const areLists = Array.isArray(left) && Array.isArray(right) && left.length === right.length
  if (!areLists && !(isObject(left) && isObject(right))) return [[path, left, right]]
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])]
  return names.flatMap((name) =>
    places(
      left[name],
      right[name],
      areLists ? `${path}[]` : `${path}.${name}`,
      raw.map((each) => each?.[name]),
    ),
  )
}

const answerOf = ({ status, gone, body }) => {
  if (gone) return `no answer (${gone})`
  return status >= 400 && typeof body?.error === 'string' ? `${status} ${body.error}` : `${status}`
}

/** How two answers to the same call differ. */
export const differences = (call, reference, ours) => {
  if (!reference || !ours)
    return [{ call, field: 'call', reference: shown(reference && 'asked'), ours: shown(ours && 'asked') }]
  const found = []
  const note = (field, left, right) => found.push({ call, field, reference: shown(left), ours: shown(right) })
  const answers = [answerOf(reference), answerOf(ours)]
  // What else there is depends on how it went.
  if (answers[0] !== answers[1]) return [{ call, field: 'answer', reference: answers[0], ours: answers[1] }]
  if (reference.status >= 400) {
    const texts = [reference, ours].map(({ body }) => body?.message ?? (typeof body === 'string' ? body : undefined))
    const raw = [reference, ours].map((answer) => answer.raw?.message)
    if (places(...texts, '', raw).length > 0) note('message', ...texts)
  }
  for (const name of new Set([...Object.keys(reference.headers), ...Object.keys(ours.headers)]))
    if (reference.headers[name] !== ours.headers[name])
      note(`header ${name}`, reference.headers[name], ours.headers[name])
  if (reference.status < 400)
    for (const place of places(reference.body, ours.body, 'body', [reference.raw, ours.raw])) note(...place)
  return found
}

// A star stands for anything.
const patterns = new Map()
const matches = (pattern, call) => {
  if (!pattern.includes('*')) return pattern === call
  if (!patterns.has(pattern)) {
    const escaped = pattern.split('*').map((text) => text.replace(/[^\w ]/g, '\\$&'))
    patterns.set(pattern, new RegExp(`^${escaped.join('.*')}$`))
  }
  return patterns.get(pattern).test(call)
}
const same = (entry, found) =>
  entry.field === found.field && entry.reference === found.reference && entry.ours === found.ours
const listed = (entry, found) => same(entry, found) && entry.calls.some((pattern) => matches(pattern, found.call))

/** The list that is checked in. */
export class Known {
  static async read(file) {
    const known = new Known()
    known.file = file
    const { differences, messages } = JSON.parse(
      await readFile(file, 'utf8').catch(() => '{"differences":[],"messages":[]}'),
    )
    known.entries = differences
    known.messages = messages
    return known
  }

  /** The entry under which a difference is listed. */
  entry(found) {
    return this.entries.find((entry) => listed(entry, found))
  }

  /** What is not in the list, and what of the list was not found. */
  judge(found) {
    const texts = this.messages.map((entry) => ({ ...entry, field: 'message' }))
    const entries = [...this.entries, ...texts]
    const unlisted = found.filter((each) => !entries.some((entry) => listed(entry, each)))
    const gone = entries.flatMap((entry) => {
      const calls = entry.calls.filter(
        (pattern) => !found.some((each) => same(entry, each) && matches(pattern, each.call)),
      )
      return calls.map((call) => ({ ...entry, call, calls: undefined }))
    })
    return { unlisted, gone }
  }

  /** Makes the list say what was found: new ones are to be looked at. */
  update(found) {
    const { unlisted, gone } = this.judge(found)
    const isGone = (entry, call) => gone.some((each) => same(entry, each) && each.call === call)
    const prune = (entries, field) =>
      entries
        .map((entry) => ({
          ...entry,
          calls: entry.calls.filter((call) => !isGone({ ...entry, field: field ?? entry.field }, call)),
        }))
        .filter(({ calls }) => calls.length > 0)
    this.entries = prune(this.entries)
    this.messages = prune(this.messages, 'message')
    for (const { call, field, reference, ours } of unlisted) {
      const list = field === 'message' ? this.messages : this.entries
      const fresh =
        field === 'message'
          ? { reference, ours, calls: [] }
          : { kind: 'todo', why: '', field, reference, ours, calls: [] }
      let entry = list.find(
        (each) =>
          each.reference === reference &&
          each.ours === ours &&
          (each.field ?? 'message') === field &&
          (each.kind ?? 'todo') === 'todo',
      )
      if (!entry) list.push((entry = fresh))
      entry.calls.push(call)
    }
  }

  async write() {
    const { entries: differences, messages } = this
    await writeFile(this.file, `${JSON.stringify({ differences, messages }, null, 2)}\n`)
  }
}
