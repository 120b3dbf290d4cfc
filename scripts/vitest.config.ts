// How the tests run: two workers for two cores, each keeping what it has loaded from file to file, what takes longest first so
// that both end together; generous time-outs because the machine may be shared, never a retry.
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** From half a minute down; others follow in the runner's own order. */
const longest = [
  'server/test/attacks/succession',
  'web/e2e/pages',
  'server/test/attacks/crash',
  'server/audit/trail-check',
  'scripts/commands/lost-day',
  'scripts/flip-export',
  'scripts/rotation',
  'db/conformance/conformance',
  'server/policy/difference',
  'server/policies/policies',
  'server/test/attacks/offered',
  'scripts/start',
  'server/policy/slices',
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
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    isolate: false,
    retry: 0,
    // Cedar is WebAssembly: most runs of it here are short, and compiling it a second time, better, costs more than it saves.
    execArgv: ['--wasm-tiering-budget=200000000'],
    globalSetup: 'db/conformance/postgres-desk.ts',
    sequence: { sequencer: LongestFirst },
  },
});
