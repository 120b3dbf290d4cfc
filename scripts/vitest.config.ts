// How the tests run: two workers for two cores, each keeping what it has loaded from file to file, what takes longest first so
// that both end together; generous time-outs because the machine may be shared, never a retry.
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What took longest; others follow in the runner's own order. */
const longest = [
  'web/e2e/pages',
  'db/conformance/conformance',
  'server/test/attacks/succession',
  'scripts/commands/lost-day',
  'server/policies/policies',
  'web/e2e/sessions',
  'scripts/rotation',
  'scripts/commands/policies',
  'server/test/attacks/crash',
  'server/audit/trail-check',
  'server/sealing/rotate',
  'scripts/start',
  'server/detection/change/change',
  'server/witnesses/witnesses',
  'server/test/attacks/forged-rows',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const turn = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => turn(a) - turn(b));
  }
}

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['{server,db,web,scripts}/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    isolate: false,
    retry: 0,
    // Cedar is WebAssembly: most runs of it here are short, and compiling it a second time, better, costs more than it saves.
    execArgv: ['--wasm-tiering-budget=200000000'],
    globalSetup: 'db/conformance/postgres-desk.ts',
    setupFiles: 'scripts/property-seed.ts',
    sequence: { sequencer: LongestFirst },
  },
});
