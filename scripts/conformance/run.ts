// Runs the suites of published test vectors found in a folder. What is there but not known is named, not failed.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { runArgon2 } from './argon2.ts';
import { runCsv } from './csv.ts';
import { runMerkle } from './merkle.ts';
import { runSigma } from './sigma.ts';
import { runStrings } from './strings.ts';
import type { Suite, SuiteResult } from './suite.ts';
import { runTessera } from './tessera.ts';

const suites = new Map<string, Suite>([
  ['rfc6962-merkle', runMerkle],
  ['tlog-tiles-tessera', runTessera],
  ['argon2-kats', runArgon2],
  ['csv-spectrum', runCsv],
  ['sigma-spec', runSigma],
  ['hostile-strings', runStrings],
]);

export const suiteNames: readonly string[] = [...suites.keys()];

/** Folders in `dir` that are suites, and those that are not; `dir` may itself be one suite's folder. */
export function findSuites(dir: string): { known: { name: string; dir: string }[]; unknown: string[] } {
  const own = basename(resolve(dir));
  if (suites.has(own)) return { known: [{ name: own, dir }], unknown: [] };
  const folders = existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => statSync(join(dir, name)).isDirectory())
        .sort()
    : [];
  return {
    known: suiteNames
      .filter((name) => folders.includes(name))
      .map((name) => ({ name, dir: join(dir, name) })),
    unknown: folders.filter((name) => !suites.has(name)),
  };
}

/**
 * Runs every suite found, one after the other.
 * @param onResult told of each as soon as it is done
 */
export async function runConformance(
  dir: string,
  onResult: (result: SuiteResult) => void = () => {},
): Promise<SuiteResult[]> {
  const results: SuiteResult[] = [];
  for (const { name, dir: folder } of findSuites(dir).known) {
    const result = await runWhole(name, suites.get(name)!, folder);
    results.push(result);
    onResult(result);
  }
  return results;
}

/** A folder whose vectors cannot even be read is one failure, so that it cannot pass for done. */
async function runWhole(name: string, suite: Suite, folder: string): Promise<SuiteResult> {
  try {
    const result = await suite(folder);
    if (result.passed + result.failed > 0) return result;
    return { ...result, failed: 1, failures: ['the folder holds no vectors of this kind'] };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return { name, passed: 0, failed: 1, failures: [`the vectors cannot be read: ${why}`], notes: [] };
  }
}
