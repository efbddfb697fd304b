// What stands before a server on the internet: a name, and TLS.

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { atEnd, folder, freePort } from '../ground.mjs'

/** Stands before a server on this machine; its address by name, and the certificate that proves the name. */
export class Front {
  static async open(name) {
    const data = await folder()
    const front = new Front()
    front.name = name
    front.certificate = join(data, 'certificate.pem')
    const key = join(data, 'key.pem')
    const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`]
    const files = ['-keyout', key, '-out', front.certificate]
    await promisify(execFile)('openssl', ['req', ...made, '-addext', `subjectAltName=DNS:${name}`, ...files])
    const port = await freePort()
    front.url = `https://${name}:${port}`
    const options = { key: await readFile(key), cert: await readFile(front.certificate) }
    const server = createServer(options, (incoming, outgoing) => front.#pass(incoming, outgoing))
    await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
    atEnd(async () => {
      server.closeAllConnections()
      server.close()
    })
    return front
  }

  #pass(incoming, outgoing) {
    const { method, url: path, headers } = incoming
    const passed = request({ host: '127.0.0.1', port: this.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers)
      answer.pipe(outgoing)
    })
    // The server behind is away for a while.
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  }
}
