// The AppView of the protocol's makers: it follows a server's firehose, and shows its users the network through
// it, with what they have just written. PostgreSQL has to be on the machine; without it this driver ends with
// status 77.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { attempt, drive, equal, freePort, installed, plc, topic } from './ground.mjs'
import { createIdentity, Key } from './compare/tokens.mjs'
import { compare, fallBehind } from './appview/behind.mjs'
import { Gate } from './appview/gate.mjs'
import { openOurs, openReference } from './appview/hosts.mjs'
import { look, openDatabase, View } from './appview/machine.mjs'
import { moved } from './appview/moved.mjs'
import { shown } from './appview/shown.mjs'
import { Side } from './appview/sides.mjs'
import { states } from './appview/states.mjs'

const machine = await look()
if (machine.absent) {
  console.log(`appview: ${machine.absent}`)
  process.exit(77)
}

await drive('appview', async () => {
  await mkdir(join(installed, 'logs'), { recursive: true })
  const [port, ours, reference] = [await freePort(), await freePort(), await freePort()]
  const url = `http://localhost:${port}`
  const key = new Key()
  const service = (type) => ({ type, endpoint: url })
  const did = await createIdentity(key, {
    handle: 'appview.test',
    keys: { atproto: key.did },
    services: { bsky_appview: service('BskyAppView'), bsky_notif: service('BskyNotificationService') },
  })
  const settings = { url, did, images: `${url}/img/%s/plain/%s/%s` }
  const database = await openDatabase(machine)
  const hosts = [await openOurs(ours, settings), await openReference(reference, settings)]
  const gates = [await Gate.before(ours), await Gate.before(reference)]
  const names = Object.fromEntries(hosts.map(({ domain, url }) => [domain, url]))
  const view = await View.open({ port, did, plc, database, gates, names })
  const sides = await topic('people on two servers write', async () => {
    const sides = []
    for (const host of hosts) sides.push(await Side.on(host, view))
    const [here, there] = sides
    await here.begin(there)
    await there.begin(here)
    for (const side of sides) await side.isShown()
    await view.settle()
    return sides
  })
  const [here, there] = sides
  await shown(here, there)
  await compare(sides, await fallBehind(sides, view))
  await moved(sides)
  for (const side of sides) await states(side)
  await attempt('the AppView complains of nothing', async () => {
    const complaints = view.complaints.filter(({ nsid }) => !nsid)
    equal(
      complaints.map(({ name, msg, err }) => [name, msg, err?.message]),
      [],
      'its complaints',
    )
  })
})
