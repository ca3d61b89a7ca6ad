import type { Plugin } from 'vite'
import { createMock, type Mode } from './mock'

const EVERY_MS = 4000

// mockApi answers /api from made-up data in `npm run dev`. NOCTRA_MOCK chooses the mode
// (normal, empty, first, young, error, slow, hostile, quiet, signed-out, no-site, leaving); now and then a page is viewed.
export function mockApi(): Plugin {
  return {
    name: 'noctra-mock-api',
    configureServer: (server) => {
      const mock = createMock({ mode: (process.env['NOCTRA_MOCK'] as Mode | undefined) ?? 'normal' })
      const timer = setInterval(() => mock.hit('/products/trail-runner'), EVERY_MS)
      server.httpServer?.on('close', () => clearInterval(timer))
      server.middlewares.use((req, res, next) => {
        if (!mock.handle(req, res)) next()
      })
    },
  }
}
