// Clients that are programs of their own, in Go and in Rust. Each says line by line, as JSON, what it
// found, what has to be published for it, and where somebody with a browser has to go.

import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { attempt, check, equal, installed, start } from '../ground.mjs'
import { Visitor } from './visitor.mjs'

/** Runs a program to its end. What it says counts as our own checks. */
const run = async (program, name, settings, person, apps, visitors) => {
  const started = start(join(installed, 'bin', program), [JSON.stringify(settings)])
  let claims = 0
  for await (const line of createInterface({ input: started.child.stdout })) {
    const { claim, holds, found, publish, document, visit, deny } = JSON.parse(line)
    if (publish) apps.publish(publish, document)
    if (visit) {
      const { away } = await visitors().decide(visit, { ...person, deny })
      started.child.stdin.write(`${away.search.slice(1)}\n`)
    }
    if (claim) {
      claims += 1
      check(holds, `${name}: ${claim}`, found)
    }
  }
  const { ended, errors } = await started.end
  equal(ended.code, 0, `${name} ends well${ended.code ? `: ${errors.slice(-1000)}` : ''}`)
  check(claims > 20, `${name} has looked at enough`, claims)
}

/** Runs them. `named` is a server that is called by a name, as if something before it ended TLS. */
export const programs = async (host, named, apps) => {
  await attempt('a client in Go keeps its sessions', async () => {
    const person = await named.account('gopher')
    const { handle: Handle, did: Did } = person
    const settings = { Host: named.name, Through: named.url, Plc: named.plc, Apps: apps.origin, Handle, Did }
    await run('oauthclient', 'Go', settings, person, apps, () => new Visitor(named.name, { through: named.url }))
  })

  await attempt('a client in Rust keeps its sessions', async () => {
    const person = await host.account('crab')
    const settings = { host: host.url, plc: host.plc, apps: apps.origin, handle: person.handle, did: person.did }
    await run('oauth-peer', 'Rust', settings, person, apps, () => new Visitor(host.url))
  })
}
