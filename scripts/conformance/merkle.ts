// rfc6962-merkle: inclusion and consistency proofs of transparency-dev/merkle, right ones and wrong ones.

import { join } from 'node:path';
import { hashBytes } from '#server/lib/log/merkle.ts';
import { verifyConsistency, verifyInclusion } from '#server/lib/log/proofs.ts';
import { Fields, filesUnder, readJson } from './files.ts';
import { type SuiteResult, Tally } from './suite.ts';

export async function runMerkle(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  let unlike = 0;
  for (const file of filesUnder(dir, '.json')) {
    const vector = new Fields(readJson(join(dir, file)));
    if (
      vector.has('size1') &&
      [vector.bytes('root1'), vector.bytes('root2')].some((r) => r.length !== hashBytes)
    ) {
      unlike++;
      continue;
    }
    await tally.check(file, () => {
      const accepted = vector.has('leafIdx') ? checkInclusion(vector) : checkConsistency(vector);
      if (accepted !== vector.flag('wantErr')) return null;
      return accepted ? 'a wrong proof was accepted' : 'a right proof was refused';
    });
  }
  if (unlike > 0) tally.note(`${unlike} consistency vectors whose roots are no SHA-256 hashes were left out`);
  return tally.result('rfc6962-merkle');
}

function checkInclusion(vector: Fields): boolean {
  return verifyInclusion(
    vector.bytes('leafHash'),
    vector.number('leafIdx'),
    vector.number('treeSize'),
    vector.bytesList('proof'),
    vector.bytes('root'),
  );
}

function checkConsistency(vector: Fields): boolean {
  return verifyConsistency(
    vector.number('size1'),
    vector.bytes('root1'),
    vector.number('size2'),
    vector.bytes('root2'),
    vector.bytesList('proof'),
  );
}
