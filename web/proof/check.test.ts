/** Claims: the browser's checker accepts what a log proves, at every place of trees of many sizes, and nothing altered. */
import { describe, expect, it } from 'vitest';
import { proveMembership } from '../../server/audit/proof.ts';
import type { AccessProof } from '../../server/contract/accesses.ts';
import { draftEntry, type StoredEvent } from '../../server/gate/leaf.ts';
import { signCheckpoint } from '../../server/lib/log/checkpoint.ts';
import { leafHash, merkleRoot } from '../../server/lib/log/merkle.ts';
import { formatVkey, generateSigner } from '../../server/lib/log/note.ts';
import { formatProofFile } from '../../server/lib/log/proof-file.ts';
import { inclusionProof } from '../../server/lib/log/proofs.ts';
import { checkAccess } from './check.ts';

const origin = 'test.kuzot.invalid/log';
const signer = generateSigner(origin);
const header = {
  ...{
    t: 1_770_000_000_000,
    act: 'voter.search' as const,
    outcome: 'done' as const,
    actor: 'o1',
    role: 'auditor',
  },
  ...{
    commission: '1001',
    session: 's1',
    request: 'r1',
    policy: 'p',
    node: 'n',
    address: '',
    workstation: '',
  },
};

/** A log of `size` entries whose entry `seq` is about `persons` voters, and what proves it for the one at `place`. */
function proofIn(size: number, seq: number, persons: number, place: number): AccessProof {
  const voters = Array.from({ length: persons }, (_, i) => `voter-${i}`);
  const { leaf, event } = draftEntry(header, { subjects: voters });
  const leaves = Array.from({ length: size }, (_, i) =>
    leafHash(Buffer.from(i === seq ? leaf : `{"n":${i}}`)),
  );
  const subtree = (level: number, index: number) =>
    merkleRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
  const note = signCheckpoint({ origin, size, root: merkleRoot(leaves), extensions: [] }, signer);
  const voter = voters[place]!;
  return {
    ...{ seq, voter, leaf, membership: proveMembership(JSON.parse(event) as StoredEvent, voter)! },
    proof: formatProofFile({ index: seq, proof: inclusionProof(seq, size, subtree), note }),
    vkey: formatVkey(signer.verifier),
  };
}

describe('a proof checked in the browser', () => {
  it('holds at every place of trees of every shape', async () => {
    for (const size of [1, 2, 3, 5, 8, 13])
      for (let seq = 0; seq < size; seq++)
        expect(await checkAccess(proofIn(size, seq, 1, 0)), `${seq} of ${size}`).toEqual({
          kind: 'proved',
          size,
          origin,
        });
    for (const persons of [2, 3, 6, 7])
      for (let place = 0; place < persons; place++)
        expect(await checkAccess(proofIn(5, 2, persons, place))).toMatchObject({ kind: 'proved' });
  });

  it('names the step at which anything altered fails', async () => {
    const proof = proofIn(7, 4, 3, 1);
    const { membership } = proof;
    const note = (edit: (text: string) => string) => ({ proof: edit(proof.proof) });
    const other = formatVkey(generateSigner(origin).verifier);
    const altered: [string, Partial<AccessProof>][] = [
      ['commitment', { voter: 'voter-2' }],
      ['commitment', { membership: { ...membership, salt: '00'.repeat(32) } }],
      ['commitment', { membership: { ...membership, salt: 'not hex' } }],
      ['subjects', { membership: { ...membership, index: 2 } }],
      ['subjects', { membership: { ...membership, count: 2 } }],
      ['subjects', { membership: { ...membership, path: membership.path.slice(1) } }],
      ['subjects', { leaf: '{}' }],
      ['entry', { leaf: proof.leaf.replace('o1', 'o2') }],
      ['entry', { seq: 3 }],
      ['entry', note((text) => text.replace('index 4', 'index 3'))],
      // The same siblings may lead through a tree of another size: the size is signed.
      ['signature', note((text) => text.replace(/\n7\n/, '\n8\n'))],
      ['entry', note(() => 'something else')],
      [
        'signature',
        note((text) => text.replace(/(— \S+ .{12})(.)/, (_, a, b) => a + (b === 'A' ? 'B' : 'A'))),
      ],
      ['signature', note((text) => text.replace(/— \S+/, '— somebody.else'))],
      ['signature', { vkey: other }],
    ];
    for (const [at, change] of altered)
      expect(
        await checkAccess({ ...proof, ...change }),
        `${at} ${JSON.stringify(change).slice(0, 60)}`,
      ).toEqual({ kind: 'broken', at });
  });
});
