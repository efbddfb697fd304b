// How the same is shown before the AppView knows it, and after: which fields there are, and what differs in
// those that are there both times.

const kind = (value) => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value)
const path = (base, name) => (base ? `${base}.${name}` : name)

/** Lists what `early` lacks, has too much or has otherwise, by the paths in it. */
export const differences = (early, late, at = '') => {
  if (kind(early) !== kind(late)) return [`${at}: ${kind(early)}, later ${kind(late)}`]
  if (kind(late) === 'array') {
    if (early.length !== late.length) return [`${at}: ${early.length} items, later ${late.length}`]
    return late.flatMap((value, index) => differences(early[index], value, `${at}[]`))
  }
  if (kind(late) !== 'object')
    return early === late ? [] : [`${at}: ${JSON.stringify(early)}, later ${JSON.stringify(late)}`]
  const names = [...new Set([...Object.keys(early), ...Object.keys(late)])].sort()
  return names.flatMap((name) => {
    const here = path(at, name)
    if (!(name in early)) return [`${here}: missing, later ${JSON.stringify(late[name]).slice(0, 120)}`]
    if (!(name in late)) return [`${here}: too much: ${JSON.stringify(early[name]).slice(0, 120)}`]
    return differences(early[name], late[name], here)
  })
}
