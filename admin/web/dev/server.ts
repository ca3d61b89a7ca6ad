// Serves the built pages as the admin service will: the same security headers, one index
// page for every address, and the stand-in API. For the page tests.
import { readFile } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { Mock } from './mock'

export const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

export interface PageServer {
  url: string
  close: () => Promise<void>
}

export async function servePages(dist: string, mock: Mock): Promise<PageServer> {
  const server = createServer((req, res) => {
    res.setHeader('Content-Security-Policy', CSP)
    res.setHeader('X-Content-Type-Options', 'nosniff')
    if (mock.handle(req, res)) return
    void sendFile(dist, new URL(req.url ?? '/', 'http://pages').pathname, res)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) }
}

async function sendFile(dist: string, path: string, res: ServerResponse): Promise<void> {
  const ending = extname(path)
  const file = ending in types ? join(dist, normalize(path)) : join(dist, 'index.html')
  try {
    const bytes = await readFile(file)
    res.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' })
    res.end(bytes)
  } catch {
    res.writeHead(404)
    res.end()
  }
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((done) => server.close(() => done()))
}
