import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    fileParallelism: false, // one browser at a time: the machine has few cores
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
