// csv-spectrum: awkward CSV files and what they mean, for the reader that imports use.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readSpectrum } from '#server/voters/import/spectrum.ts';
import { filesUnder } from './files.ts';
import { type SuiteResult, Tally } from './suite.ts';

export async function runCsv(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  for (const file of filesUnder(dir, '.csv')) {
    const name = basename(file, '.csv');
    const answer = join(dir, 'json', `${name}.json`);
    if (!existsSync(answer)) {
      tally.note(`${file} has no JSON beside it: not checked`);
      continue;
    }
    const bytes = readFileSync(join(dir, file));
    if (name.endsWith('_crlf') && !bytes.includes('\r')) {
      tally.note(`${file} has lost its carriage returns in this copy; they were put back before reading`);
    }
    await tally.check(file, () => {
      const rows = readSpectrum(name, bytes);
      return isDeepStrictEqual(rows, JSON.parse(readFileSync(answer, 'utf8'))) ? null : 'is read otherwise';
    });
  }
  return tally.result('csv-spectrum');
}
