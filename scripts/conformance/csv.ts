// csv-spectrum: awkward CSV files and what they mean, for the reader that imports use.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readSpectrum } from '#server/voters/import/spectrum.ts';
import { filesUnder } from './files.ts';
import { type SuiteResult, Tally } from './suite.ts';

export async function runCsv(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  const stripped: string[] = [];
  for (const file of filesUnder(dir, '.csv')) {
    const name = basename(file, '.csv');
    const answer = join(dir, 'json', `${name}.json`);
    if (!existsSync(answer)) {
      tally.note(`${file} has no JSON beside it: not checked`);
      continue;
    }
    const bytes = readFileSync(join(dir, file));
    if (name.endsWith('_crlf') && !bytes.includes('\r')) stripped.push(name);
    await tally.check(file, () => {
      const rows = readSpectrum(name, bytes);
      return isDeepStrictEqual(rows, JSON.parse(readFileSync(answer, 'utf8'))) ? null : 'is read otherwise';
    });
  }
  if (stripped.length > 0) {
    tally.note(
      `this copy has lost the carriage returns of ${stripped.join(', ')}; they were put back before reading`,
    );
  }
  return tally.result('csv-spectrum');
}
