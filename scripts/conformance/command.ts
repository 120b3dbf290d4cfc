// `kuzot conformance DIR`: one line a suite, `name: N passed, N failed`; what failed and what could not be run below
// it. Exit code 1 when anything failed, 2 when the folder holds no vectors known here.

import { Command } from 'commander';
import { findSuites, runConformance, suiteNames } from './run.ts';
import type { SuiteResult } from './suite.ts';

const failuresShown = 10;

export function conformanceCommand(): Command {
  return new Command('conformance')
    .description('run published test vectors against this program')
    .argument('<dir>', `folder with the vectors, in folders named ${suiteNames.join(', ')}`)
    .action(async (dir: string) => {
      const { known, unknown } = findSuites(dir);
      if (known.length === 0) {
        console.error(
          `No test vectors in ${dir}. Name a folder that holds at least one of: ${suiteNames.join(', ')}.`,
        );
        process.exitCode = 2;
        return;
      }
      const results = await runConformance(dir, (result) => console.log(report(result)));
      for (const name of unknown) console.log(`${name}: not run (no vectors known by this name)`);
      if (results.some(({ failed }) => failed > 0)) process.exitCode = 1;
    });
}

function report({ name, passed, failed, failures, notes }: SuiteResult): string {
  const lines = [`${name}: ${passed} passed, ${failed} failed`];
  for (const failure of failures.slice(0, failuresShown)) lines.push(`  failed: ${failure}`);
  if (failures.length > failuresShown) lines.push(`  … and ${failures.length - failuresShown} more`);
  for (const note of notes) lines.push(`  note: ${note}`);
  return lines.join('\n');
}
