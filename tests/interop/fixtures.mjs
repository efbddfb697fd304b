// Makes the files in `fixtures/` whose values another implementation has to compute.
//
//     node fixtures.mjs DIRECTORY
//
// Keys, clocks and chance are fixed: the same packages make the same bytes. Written by hand, and
// so not here, are the lists of identifiers; made by a release of 2023, and so not here, are the
// files of that year.

import { keys, signatures } from './fixtures/crypto.mjs'
import { firehose, repositories } from './fixtures/repositories.mjs'
import { commitProofs, trees } from './fixtures/trees.mjs'
import { dataModel } from './fixtures/values.mjs'

// Revisions are made from the clock and a random number.
let clock = Date.UTC(2026, 0, 1)
Date.now = () => (clock += 60_000)
Math.random = () => 0.5

await signatures()
await keys()
await dataModel()
await trees()
await commitProofs()
await repositories()
await firehose()
