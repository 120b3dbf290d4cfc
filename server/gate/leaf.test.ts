import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '#server/lib/canonical.ts';
import { leafHash, merkleRoot } from '#server/lib/log/merkle.ts';
import { commitment, draftEntry, type EntryHeader, type StoredEvent, subjectsRoot } from './leaf.ts';
import { checkOpenings } from './opening-check.ts';

const header: EntryHeader = {
  t: 1_770_000_000_000,
  act: 'voter.view',
  outcome: 'done',
  actor: 'officer-1',
  role: 'precinct-member',
  commission: '1001',
  session: 's1',
  request: 'r1',
  policy: 'precinct-finds',
  node: 'test',
  address: '10.0.0.1',
  workstation: '',
};

describe('the entry', () => {
  test('a commitment is HMAC-SHA-256, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.string({ minLength: 1_300, maxLength: 3_000, unit: 'grapheme' }),
        ),
        (salt, text) => {
          expect(commitment(salt, text)).toBe(createHmac('sha256', salt).update(text, 'utf8').digest('hex'));
        },
      ),
    );
  });

  test('subjects are committed to by an RFC 6962 root, for one person and for many', () => {
    for (const count of [1, 2, 3, 7]) {
      const commitments = Array.from({ length: count }, (_, i) =>
        commitment(Buffer.alloc(32, i), `voter-${i}`),
      );
      const root = merkleRoot(commitments.map((c) => leafHash(Buffer.from(c, 'hex'))));
      expect(subjectsRoot(commitments)).toBe(Buffer.from(root).toString('hex'));
    }
  });

  test('nothing of a voter or of what was typed stands in the leaf', () => {
    const { leaf } = draftEntry(header, {
      subjects: ['voter-canary'],
      caseId: 'case-canary',
      query: 'query-canary',
      fields: ['address'],
      detail: { note: 'note-canary', changes: [{ field: 'address', old: 'old-canary', new: 'new-canary' }] },
    });
    expect(leaf).not.toContain('canary');
  });

  test('the leaf is canonical JSON whatever it holds, and what has no canonical form is refused', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.array(fc.string({ unit: 'binary' })),
        fc.maxSafeInteger(),
        (text, fields, t) => {
          const make = () =>
            draftEntry({ ...header, t, node: text }, { fields, subjects: ['a'], query: text }).leaf;
          const leaf = make();
          expect(leaf).toBe(canonicalJson(JSON.parse(leaf)));
        },
      ),
    );
    for (const node of ['half \ud83d a pair', 'text \\ud83d that only looks so'])
      if (node.isWellFormed()) expect(JSON.parse(draftEntry({ ...header, node }, {}).leaf).node).toBe(node);
      else expect(() => draftEntry({ ...header, node }, {})).toThrow(/surrogate/);
    expect(() => draftEntry({ ...header, t: 0.5 }, {})).toThrow(/safe integer/);
    expect(() => draftEntry(header, { persons: 2 ** 53 })).toThrow(/safe integer/);
  });
  test('no salt is used twice, within an entry or across entries', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 1_000; i++) {
      const event = JSON.parse(
        draftEntry(header, { subjects: ['a', 'b'], query: 'q', caseId: 'c' }).event,
      ) as StoredEvent;
      for (const salt of [
        event.detail!.salt,
        event.case!.salt,
        event.query!.salt,
        ...event.subjects!.map((s) => ('salt' in s ? s.salt : '')),
      ]) {
        expect(salt).toMatch(/^[0-9a-f]{64}$/);
        seen.add(salt);
      }
    }
    expect(seen.size).toBe(5_000);
  });

  test('the event opens its leaf; a changed part is named, an erased one is lawful', () => {
    const { leaf, event } = draftEntry(header, {
      subjects: ['voter-1', 'voter-2'],
      caseId: 'case-1',
      query: 'Асанова',
      detail: { number: 1 },
    });
    expect(checkOpenings(leaf, event)).toBeNull();
    const stored = JSON.parse(event) as StoredEvent;
    const changed = (part: Partial<StoredEvent>) =>
      checkOpenings(leaf, JSON.stringify({ ...stored, ...part }));
    expect(changed({ subjects: [stored.subjects![1]!, stored.subjects![0]!] })).toContain('subjects');
    expect(changed({ case: { ...stored.case!, id: 'case-2' } })).toContain('case');
    expect(changed({ query: { ...stored.query!, text: 'Асанов' } })).toContain('query');
    expect(changed({ detail: { ...stored.detail!, json: { n: 2 } } })).toContain('detail');
    const { subjects: _, ...erased } = stored;
    expect(checkOpenings(leaf, JSON.stringify(erased))).toBeNull();
  });

  test('a list of ten thousand persons is still one small leaf', () => {
    const subjects = Array.from({ length: 10_000 }, (_, i) => `voter-${i}`);
    const { leaf } = draftEntry(header, { subjects });
    expect(Buffer.byteLength(leaf)).toBeLessThan(1_000);
    expect(JSON.parse(leaf)).toMatchObject({ n: 10_000 });
  });
});
