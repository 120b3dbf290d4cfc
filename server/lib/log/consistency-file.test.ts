import { describe, expect, it } from 'vitest';
import { signCheckpoint } from './checkpoint.ts';
import {
  type ConsistencyFile,
  formatConsistencyFile,
  openConsistencyFile,
  parseConsistencyFile,
} from './consistency-file.ts';
import { leafHash, merkleRoot } from './merkle.ts';
import { generateSigner } from './note.ts';
import { consistencyProof } from './proofs.ts';

const signer = generateSigner('log.example/kuzot');
const hashes = Array.from({ length: 40 }, (_, i) => leafHash(Buffer.from(`{"n":${i}}`)));
const rootOf = (size: number) => merkleRoot(hashes.slice(0, size));
const noteOf = (size: number, key = signer) =>
  signCheckpoint({ origin: 'log.example/kuzot', size, root: rootOf(size), extensions: ['more'] }, key);
const read = (level: number, index: number) =>
  merkleRoot(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level));

const fileOf = (older: number, newer: number, over: Partial<ConsistencyFile> = {}) =>
  formatConsistencyFile({
    older: { size: older, root: rootOf(older) },
    proof: consistencyProof(older, newer, read),
    newerNote: noteOf(newer),
    olderNote: noteOf(older),
    ...over,
  });
const open = (text: string) => openConsistencyFile(text, [signer.verifier]);

describe('a file that proves a log consistent', () => {
  it('holds between any two sizes, the older one signed or not, with the verifier key alone', () => {
    for (let newer = 0; newer <= 40; newer += 3) {
      for (let older = 0; older <= newer; older++) {
        expect(open(fileOf(older, newer)), `${older} ${newer}`).toMatchObject({
          kind: 'ok',
          older: { size: older },
          newer: { checkpoint: { size: newer } },
          olderSigned: true,
        });
        expect(open(fileOf(older, newer, { olderNote: null }))).toMatchObject({
          kind: 'ok',
          olderSigned: false,
        });
      }
    }
  });

  it('is read as it was written', () => {
    const file = {
      older: { size: 7, root: rootOf(7) },
      proof: consistencyProof(7, 31, read),
      newerNote: noteOf(31),
      olderNote: noteOf(7),
    };
    expect(parseConsistencyFile(formatConsistencyFile(file))).toEqual({ kind: 'ok', ...file });
  });

  it('proves nothing about another tree, another key or a checkpoint of another size', () => {
    const stranger = generateSigner('log.example/kuzot');
    expect(open(fileOf(7, 31, { older: { size: 7, root: rootOf(8) } })).kind).toBe('refused');
    expect(open(fileOf(7, 31, { older: { size: 7, root: rootOf(8) }, olderNote: null })).kind).toBe(
      'refused',
    );
    expect(open(fileOf(7, 31, { newerNote: noteOf(31, stranger) })).kind).toBe('refused');
    expect(open(fileOf(7, 31, { olderNote: noteOf(7, stranger) })).kind).toBe('refused');
    expect(open(fileOf(7, 31, { olderNote: noteOf(8) })).kind).toBe('refused');
    expect(open(fileOf(7, 31, { newerNote: noteOf(30) })).kind).toBe('refused');
    expect(openConsistencyFile(fileOf(7, 31), []).kind).toBe('refused');
  });

  it('is refused at any single changed bit', () => {
    const bytes = Buffer.from(fileOf(7, 31));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(open(flipped.toString()).kind, `bit ${bit}`).toBe('refused');
    }
  });

  it.each([
    ['', 'a newer checkpoint'],
    [fileOf(7, 31).replace('@v1', '@v2'), 'the first line'],
    [fileOf(7, 31).replace('old 7', 'old 07'), 'older size'],
    [fileOf(7, 31).replace(/\n\n/, `\n${`${'A'.repeat(43)}=\n`.repeat(107)}\n`), 'longer than'],
  ])('is refused when malformed (%#)', (text, why) => {
    expect(parseConsistencyFile(text)).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
  });
});
