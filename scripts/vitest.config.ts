// How the tests run: two workers for two cores, generous time-outs because the machine may be shared, never a retry.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['{server,db,web,scripts}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    retry: 0,
    globalSetup: 'db/conformance/postgres-desk.ts',
    isolate: false,
  },
});
