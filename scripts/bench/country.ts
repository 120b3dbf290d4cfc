// What every measurement runs on: a fresh installation with a synthetic country in a folder of its own, removed afterwards.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeys } from '#server/keys.ts';
import { OWN_MAPPING } from '#server/voters/import/mapping.ts';
import { loadCommissions, loadVoters } from '../commands/import.ts';
import { type Installation, openInstallation } from '../commands/installation.ts';
import { writeCountryFiles } from '../demo/country/write.ts';

export interface BenchCountry {
  dir: string;
  databasePath: string;
  keysDir: string;
  votersFile: string;
  installation: Installation;
  /** Seconds the import of the voters took, end to end. */
  importSeconds: number;
  remove(): Promise<void>;
}

export async function benchCountry(voters: number): Promise<BenchCountry> {
  const dir = mkdtempSync(join(tmpdir(), 'kuzot-bench-'));
  const files = await writeCountryFiles(dir, { seed: 'bench', voters });
  const keysDir = join(dir, 'keys');
  createKeys(keysDir, 'bench.kuzot.invalid/log');
  const databasePath = join(dir, 'kuzot.sqlite');
  const installation = await openInstallation(
    { database: `sqlite:${databasePath}`, keysDir },
    { create: true },
  );
  const context = () => installation.asSystem('import');
  await loadCommissions(installation, context, files.commissionsFile);
  const started = performance.now();
  const outcome = await loadVoters(installation, context, files.votersFile, { mapping: OWN_MAPPING });
  const importSeconds = (performance.now() - started) / 1000;
  if (outcome.kind !== 'imported' || outcome.accepted !== voters)
    throw new Error('the bench country did not import whole');
  return {
    dir,
    databasePath,
    keysDir,
    votersFile: files.votersFile,
    installation,
    importSeconds,
    async remove() {
      await installation.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
