import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['*.test.ts'],
    fileParallelism: false, // one product and one browser at a time: the machine has few cores
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
})
