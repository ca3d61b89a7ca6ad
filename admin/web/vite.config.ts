import { defineConfig, type UserConfig } from 'vite'
import react from '@vitejs/plugin-react'
import { compressAssets } from './dev/compress'

// `vite --mode mock` serves the pages with the made-up API of dev/; plain `vite` passes
// API calls on to a running admin service. The build knows neither.
export default defineConfig(async ({ command, mode }): Promise<UserConfig> => ({
  plugins: [
    react(),
    compressAssets(),
    ...(command === 'serve' && mode === 'mock' ? [(await import('./dev/plugin')).mockApi()] : []),
  ],
  server: {
    host: '127.0.0.1',
    ...(mode === 'mock' ? {} : { proxy: { '^/(api|sign-in)': process.env['NOCTRA_ADMIN_URL'] ?? 'http://127.0.0.1:8080' } }),
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // fonts and images stay files: the content security policy allows no data: fonts
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 600,
    rolldownOptions: { output: { hashCharacters: 'hex' }, checks: { pluginTimings: false } }, // compressing takes its time
  },
}))
