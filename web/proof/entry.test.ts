/** Claims: a genuine proof is found right at every step, and whatever is changed is found wrong at the step it concerns. */
import { describe, expect, it } from 'vitest';
import { signCheckpoint } from '../../server/lib/log/checkpoint.ts';
import { Frontier, leafHash, merkleRoot } from '../../server/lib/log/merkle.ts';
import { formatVkey, generateSigner } from '../../server/lib/log/note.ts';
import { formatProofFile } from '../../server/lib/log/proof-file.ts';
import { inclusionProof } from '../../server/lib/log/proofs.ts';
import { checkProof, type ProvenEntry } from './entry.ts';

const signer = generateSigner('test.kuzot.invalid/log');
const leafOf = (n: number) => `{"act":"voter.view","outcome":"done","t":${1_770_000_000_000 + n},"v":1}`;

function proven(seq: number, size: number): ProvenEntry {
  const hashes = Array.from({ length: size }, (_, n) => leafHash(Buffer.from(leafOf(n))));
  const tree = new Frontier();
  for (const hash of hashes) tree.append(hash);
  const proof = inclusionProof(seq, size, (level, index) =>
    merkleRoot(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level)),
  );
  const note = signCheckpoint(
    { origin: signer.verifier.name, size, root: tree.root(), extensions: [] },
    signer,
  );
  return {
    seq,
    at: 1_770_000_000_000 + seq,
    act: 'voter.view',
    outcome: 'done',
    leaf: leafOf(seq),
    proof: formatProofFile({ index: seq, proof, note }),
    vkey: formatVkey(signer.verifier),
  };
}

const wrongSteps = async (entry: ProvenEntry) =>
  (await checkProof(entry)).steps.filter((step) => step.state !== 'right').map((step) => step.name);

describe('a proof checked in the browser', () => {
  it('is right for every entry of trees of many sizes', async () => {
    for (const size of [1, 2, 3, 7, 8, 100])
      for (let seq = 0; seq < size; seq += size > 10 ? 13 : 1)
        expect(await checkProof(proven(seq, size)), `${seq} of ${size}`).toMatchObject({
          state: 'right',
          size,
        });
  });

  it('is wrong when the entry, the way, the root, the signature or the key is another', async () => {
    const entry = proven(5, 20);
    const other = proven(6, 20);
    const change = (from: string | RegExp, to: string) => ({
      ...entry,
      proof: entry.proof.replace(from, to),
    });
    const hash = /^([A-Za-z0-9+/])([A-Za-z0-9+/]{42}=)$/m;
    const swapped = (_: string, first: string, rest: string) => (first === 'A' ? `B${rest}` : `A${rest}`);
    expect(await wrongSteps({ ...entry, leaf: other.leaf })).toEqual(['entry', 'root']);
    expect(await wrongSteps({ ...entry, outcome: 'denied' })).toEqual(['entry']);
    expect(await wrongSteps({ ...entry, leaf: entry.leaf.replace('"v":1', '"v":2') })).toEqual(['root']);
    expect(await wrongSteps({ ...entry, proof: other.proof })).toEqual(['entry', 'root']);
    expect(await wrongSteps({ ...entry, proof: entry.proof.replace(hash, swapped as never) })).toEqual([
      'root',
    ]);
    expect(await wrongSteps(change(/\n20\n/, '\n21\n'))).toContain('signature');
    expect(await wrongSteps(change(/index 5/, 'index 4'))).toContain('entry');
    const line = /(— \S+ )(\S{20})(.)/;
    expect(
      await wrongSteps({
        ...entry,
        proof: entry.proof.replace(
          line,
          (_, a: string, b: string, c: string) => a + b + (c === 'A' ? 'B' : 'A'),
        ),
      }),
    ).toEqual(['signature']);
    const stranger = generateSigner(signer.verifier.name);
    expect(await wrongSteps({ ...entry, vkey: formatVkey(stranger.verifier) })).toEqual(['signature']);
    expect((await checkProof({ ...entry, proof: 'nonsense' })).state).toBe('wrong');
    expect(await wrongSteps({ ...entry, proof: entry.proof.replace(hash, '') })).not.toEqual([]);
  });
});
