import { describe, expect, it } from 'vitest';
import { signCheckpoint } from './checkpoint.ts';
import { leafHash } from './merkle.ts';
import { generateSigner } from './note.ts';
import { formatProofFile, openProofFile, parseProofFile } from './proof-file.ts';
import { inclusionProof } from './proofs.ts';
import { nodeReader, TileBuilder } from './tiles.ts';

const signer = generateSigner('log.example/kuzot');
const hashes = Array.from({ length: 300 }, (_, i) => leafHash(Buffer.from(`{"n":${i}}`)));
const builder = new TileBuilder();
for (const hash of hashes) builder.append(hash);
const full = builder.takeCompleted();
const read = nodeReader((level, idx) => full[level === 0 ? idx : -1]?.hashes ?? builder.partialTile(level));
const note = signCheckpoint(
  { origin: 'log.example/kuzot', size: 300, root: builder.root(), extensions: [] },
  signer,
);
const fileOf = (index: number, extra?: Uint8Array) =>
  formatProofFile({ index, proof: inclusionProof(index, 300, read), note, extra });

describe('proof files (C2SP tlog-proof)', () => {
  it('prove every entry they were made for, with the verifier key alone', () => {
    for (let index = 0; index < 300; index += 13) {
      expect(openProofFile(fileOf(index), hashes[index]!, [signer.verifier])).toMatchObject({
        kind: 'ok',
        index,
      });
    }
  });

  it('have the lines of the specification', () => {
    const lines = fileOf(73, Buffer.from('more')).split('\n');
    expect(lines.slice(0, 3)).toEqual(['c2sp.org/tlog-proof@v1', 'extra bW9yZQ==', 'index 73']);
    expect(lines.slice(3, 12).every((line) => line.length === 44)).toBe(true);
    expect(lines.slice(12).join('\n')).toBe(`\n${note}`);
    expect(parseProofFile(fileOf(73, Buffer.from('more')))).toMatchObject({
      kind: 'ok',
      extra: Buffer.from('more'),
      note,
    });
  });

  it('are read, and written when asked, in the form of the draft: no version, a hint after the index', () => {
    const proof = inclusionProof(73, 300, read);
    const draft = formatProofFile({ index: 73, proof, note, extra: Buffer.from('more') }, 'draft');
    expect(draft.split('\n').slice(0, 3)).toEqual(['c2sp.org/tlog-proof', 'index 73', 'hint bW9yZQ==']);
    const file = parseProofFile(draft);
    expect(file).toEqual(parseProofFile(fileOf(73, Buffer.from('more'))));
    expect(openProofFile(draft, hashes[73]!, [signer.verifier])).toMatchObject({ kind: 'ok', index: 73 });
    expect(openProofFile(draft, hashes[74]!, [signer.verifier]).kind).toBe('refused');
    expect(parseProofFile(formatProofFile({ index: 73, proof, note }, 'draft'))).toEqual(
      parseProofFile(fileOf(73)),
    );
    // Neither form takes the other's lines.
    expect(parseProofFile(draft.replace('proof\n', 'proof@v1\n')).kind).toBe('refused');
  });

  it('prove nothing about another entry, number, log or key', () => {
    const file = fileOf(73);
    expect(openProofFile(file, hashes[74]!, [signer.verifier]).kind).toBe('refused');
    expect(openProofFile(file.replace('index 73', 'index 72'), hashes[73]!, [signer.verifier]).kind).toBe(
      'refused',
    );
    expect(openProofFile(file, hashes[73]!, [generateSigner('log.example/kuzot').verifier]).kind).toBe(
      'refused',
    );
    expect(openProofFile(file, hashes[73]!, []).kind).toBe('refused');
  });

  it('are refused at any single changed bit, the unauthenticated extra data aside', () => {
    const bytes = Buffer.from(fileOf(1));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(openProofFile(flipped.toString(), hashes[1]!, [signer.verifier]).kind, `bit ${bit}`).toBe(
        'refused',
      );
    }
  });

  it.each([
    ['', 'no blank line'],
    ['c2sp.org/tlog-proof@v2\nindex 1\n\n', 'the first line'],
    ['c2sp.org/tlog-proof@v1\n\n', 'no index'],
    ['c2sp.org/tlog-proof@v1\nindex 01\n\n', 'no index'],
    ['c2sp.org/tlog-proof@v1\nindex 1\nextra AAAA\n\n', 'hash 1'],
    ['c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\n', 'hash 1'],
    ['c2sp.org/tlog-proof@v1\nextra AAA\nindex 1\n\n', 'extra data'],
    [`c2sp.org/tlog-proof@v1\nindex 1\n${`${'A'.repeat(43)}=\n`.repeat(54)}\n`, 'longer than any tree'],
  ])('are refused when malformed: %j', (text, why) => {
    expect(parseProofFile(text)).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
  });
});
