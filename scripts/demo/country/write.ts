/**
 * Writes a country's two files, streaming. The files hold only made-up people, yet get mode 0600 like any voter
 * file, so that a habit of loose modes never starts here.
 */
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { commissionsCsv, votersCsv } from './csv.ts';
import type { Commission } from './types.ts';
import { units } from './units.ts';
import { voters } from './voters.ts';

export interface CountryFiles {
  commissionsFile: string;
  votersFile: string;
  commissions: readonly Commission[];
  voters: number;
}

/**
 * Writes `commissions.csv` and `voters.csv` into `directory` (made when missing, files overwritten). `onChunk`, when
 * given, hears the characters written so far of the voters file, for a progress bar.
 */
export async function writeCountryFiles(
  directory: string,
  country: { seed: string; voters: number },
  onChunk?: (written: number) => void,
): Promise<CountryFiles> {
  await mkdir(directory, { recursive: true });
  const list = units(country.seed, country);
  const commissionsFile = join(directory, 'commissions.csv');
  const votersFile = join(directory, 'voters.csv');
  await writeChunks(commissionsFile, commissionsCsv(list));
  await writeChunks(votersFile, votersCsv(voters(country.seed, list, country.voters)), onChunk);
  return { commissionsFile, votersFile, commissions: list, voters: country.voters };
}

async function writeChunks(
  path: string,
  chunks: Iterable<string>,
  onChunk?: (written: number) => void,
): Promise<void> {
  const file = await open(path, 'w', 0o600);
  let written = 0;
  try {
    for (const chunk of chunks) {
      await file.writeFile(chunk, 'utf8');
      written += chunk.length;
      onChunk?.(written);
    }
  } finally {
    await file.close();
  }
}
