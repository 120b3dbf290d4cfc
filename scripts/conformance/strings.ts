// hostile-strings: the Big List of Naughty Strings. Every string must survive canonical JSON (or be refused there for
// having no UTF-8 form) and a CSV file, and searching for it must neither fail nor change on a second folding.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '#server/lib/canonical.ts';
import { fold } from '#server/lib/fold.ts';
import { isCanonicalJson } from '#server/lib/log/leaf.ts';
import { createCsvReader } from '#server/voters/import/csv.ts';
import { filesUnder } from './files.ts';
import { type SuiteResult, Tally } from './suite.ts';

export async function runStrings(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  for (const file of filesUnder(dir, '.json')) {
    const strings: unknown = JSON.parse(readFileSync(join(dir, file), 'utf8'));
    if (!Array.isArray(strings)) throw new TypeError(`${file} is no list of strings`);
    for (const [i, text] of strings.map(String).entries()) {
      await tally.check(
        `${file} string ${i}`,
        () => inCanonicalJson(text) ?? inCsv(text) ?? whenFolded(text),
      );
    }
  }
  return tally.result('hostile-strings');
}

function inCanonicalJson(text: string): string | null {
  if (!text.isWellFormed()) {
    try {
      canonicalJson({ text });
      return 'has no UTF-8 form, and was accepted as canonical JSON';
    } catch (thrown) {
      if (thrown instanceof TypeError) return null;
      throw thrown;
    }
  }
  const bytes = Buffer.from(canonicalJson({ text, [text]: 0 }));
  if (!isCanonicalJson(bytes)) return 'is not recognised as canonical JSON';
  const back = JSON.parse(bytes.toString('utf8')) as { text: string };
  return text === 'text' || back.text === text ? null : 'comes back from canonical JSON as another string';
}

function inCsv(text: string): string | null {
  const rows: string[][] = [];
  let broken = false;
  const sink = {
    record: (fields: string[]) => rows.push(fields),
    broken: () => {
      broken = true;
    },
  };
  const reader = createCsvReader({ delimiter: ',', maxRecordLength: 65_536, sink });
  reader.push(`name,next\r\n"${text.replaceAll('"', '""')}",x\r\n`);
  reader.end();
  return !broken && rows.length === 2 && rows[1]![0] === text
    ? null
    : 'comes back from CSV as another string';
}

function whenFolded(text: string): string | null {
  const folded = fold(text);
  return fold(folded) === folded ? null : 'changes when folded a second time';
}
