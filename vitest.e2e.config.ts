import type { ViteUserConfig } from 'vitest/config';

/** What needs root, network namespaces or a real API server; scripts/e2e.sh prepares the machine and runs it. */
const config: ViteUserConfig = {
  test: {
    include: ['test/**/*.real.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    restoreMocks: true,
  },
};

export default config;
