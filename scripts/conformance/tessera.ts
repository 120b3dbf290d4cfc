// tlog-tiles-tessera: a log written by Tessera, with every checkpoint and partial tile it had on the way. Checked:
// each bundle and tile file, each checkpoint's signature and root, consistency of every two checkpoints, and the
// inclusion of every entry in the last. The folder holds KEY.txt (a line of it is the verifier key) and `log`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeBundle } from '#server/lib/log/bundles.ts';
import { type Checkpoint, openCheckpoint } from '#server/lib/log/checkpoint.ts';
import { hashBytes, leafHash, merkleRoot } from '#server/lib/log/merkle.ts';
import { parseVkey, type Verifier } from '#server/lib/log/note.ts';
import {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '#server/lib/log/proofs.ts';
import { nodeReader, parseTilePath, TileBuilder, tilePath, tileWidth } from '#server/lib/log/tiles.ts';
import { filesUnder } from './files.ts';
import { type SuiteResult, Tally } from './suite.ts';

export async function runTessera(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  const verifier = readKey(join(dir, 'KEY.txt'));
  const log = join(dir, 'log');
  const files = filesUnder(log);
  const read = (file: string) => readFileSync(join(log, file));

  const checkpoints: Checkpoint[] = [];
  for (const file of files.filter((name) => /^checkpoint(\.\d+)?$/.test(name))) {
    await tally.check(file, () => {
      const opened = openCheckpoint(read(file), [verifier]);
      if (opened.kind === 'refused') return opened.why;
      checkpoints.push(opened.checkpoint);
      const named = file.split('.')[1];
      return named === undefined || Number(named) === opened.checkpoint.size ? null : 'is of another size';
    });
  }
  checkpoints.sort((a, b) => a.size - b.size);
  const size = checkpoints.at(-1)?.size ?? 0;
  const hashes = leafHashesOf(log, size);
  const builder = new TileBuilder();
  for (const hash of hashes) builder.append(hash);
  const full = new Map(
    builder.takeCompleted().map(({ level, idx, hashes: bytes }) => [`${level}/${idx}`, bytes]),
  );
  const tileAt = (level: number, idx: number) => full.get(`${level}/${idx}`) ?? builder.partialTile(level);

  for (const file of files.filter((name) => name.startsWith('tile/'))) {
    await tally.check(file, () => {
      const name = parseTilePath(file);
      if (name === null) return 'is not named as tiles are';
      const { level, idx, width } = name;
      const expected = tileAt(level === 'entries' ? 0 : level, idx).subarray(0, width * hashBytes);
      if (level !== 'entries')
        return read(file).equals(expected) ? null : 'has other hashes than its entries give';
      const bundle = decodeBundle(read(file), width);
      if (bundle.kind === 'broken') return `entry ${bundle.entry} ${bundle.why}`;
      return Buffer.concat(bundle.leaves.map(leafHash)).equals(expected)
        ? null
        : 'has entries of another hash';
    });
  }
  for (const { size: at, root } of checkpoints) {
    await tally.check(`root of checkpoint ${at}`, () =>
      merkleRoot(hashes.slice(0, at)).equals(root) ? null : 'is not that of the entries',
    );
  }
  const node = nodeReader(tileAt);
  for (const older of checkpoints) {
    for (const newer of checkpoints.filter((one) => one.size > older.size)) {
      await tally.check(`consistency of ${older.size} and ${newer.size}`, () => {
        const proof = consistencyProof(older.size, newer.size, node);
        return verifyConsistency(older.size, older.root, newer.size, newer.root, proof)
          ? null
          : 'is not proved';
      });
    }
  }
  for (const [index, hash] of hashes.entries()) {
    await tally.check(`inclusion of entry ${index}`, () => {
      const proof = inclusionProof(index, size, node);
      return verifyInclusion(hash, index, size, proof, checkpoints.at(-1)!.root) ? null : 'is not proved';
    });
  }
  return tally.result('tlog-tiles-tessera');
}

function readKey(file: string): Verifier {
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const parsed = parseVkey(line.trim());
    if (parsed.kind === 'ok') return parsed.verifier;
  }
  throw new Error(`${file} holds no verifier key`);
}

/** From the bundles of the newest size; a bundle that cannot be read gives hashes that match nothing. */
function leafHashesOf(log: string, size: number): Buffer[] {
  const hashes: Buffer[] = [];
  for (let idx = 0; idx * tileWidth < size; idx++) {
    const width = Math.min(tileWidth, size - idx * tileWidth);
    const bundle = decodeBundle(readFileSync(join(log, tilePath({ level: 'entries', idx, width }))), width);
    const leaves = bundle.leaves.map(leafHash);
    while (leaves.length < width) leaves.push(Buffer.alloc(hashBytes));
    hashes.push(...leaves);
  }
  return hashes;
}
