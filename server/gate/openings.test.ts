import { describe, expect, test } from 'vitest';
import { draftEntry, type EntryAbout, type StoredEvent } from './leaf.ts';
import { checkOpenings, readOpenings } from './opening-check.ts';
import { eraseOpenings, namesPerson, type Traces } from './openings.ts';

const header = {
  t: 1_770_000_000_000,
  act: 'voter.search' as const,
  outcome: 'done' as const,
  actor: 'o1',
  role: 'precinct-member',
  commission: '1001',
  session: 's1',
  request: 'r1',
  policy: 'precinct-finds',
  node: 'test',
  address: '10.0.0.7',
  workstation: 'desk-7',
};
const person: Traces = {
  voter: 'voter-canary',
  cases: ['application-canary'],
  texts: ['10101199012345'],
  names: [{ surname: 'кочконбаева', given: 'жаныл', patronymic: 'омурбековна', unique: false }],
};
const made = (about: EntryAbout) => draftEntry(header, about);
const erased = (about: EntryAbout) => {
  const { leaf, event } = made(about);
  const done = eraseOpenings(event, person);
  return { leaf, before: event, ...done, event: JSON.parse(done?.json ?? event) as StoredEvent };
};

describe('erasing one person from an entry', () => {
  test('takes id, salt, query, case and what was changed; the leaf stays checkable, an altered rest does not', () => {
    const { leaf, json, openings } = erased({
      subjects: ['voter-canary'],
      caseId: 'application-canary',
      query: 'Көчкөнбаева',
      detail: { note: 'барагын көрдү', changes: [{ field: 'address', old: 'эски', new: 'жаңы' }] },
    });
    expect(openings).toBe(4);
    expect(json).not.toMatch(/canary|salt|Көчкөн|эски|барагын|10\.0\.0\.7/);
    expect(checkOpenings(leaf, json!)).toBeNull();
    expect(readOpenings(leaf, json!)).toEqual({ missing: 4, accountedFor: 0 });
    const other = { subjects: [{ commitment: '0'.repeat(64) }] };
    expect(checkOpenings(leaf, JSON.stringify(other))).toContain('subjects');
    const smuggled = JSON.parse(json!) as { subjects: object[] };
    Object.assign(smuggled.subjects[0]!, { id: 'voter-canary' });
    expect(checkOpenings(leaf, JSON.stringify(smuggled))).toContain('not as it was written');
  });

  test('of many leaves the others open, in their places, with the facts that are codes', () => {
    const { leaf, event, json, openings } = erased({
      subjects: ['voter-1', 'voter-canary', 'voter-3'],
      query: 'Көч',
      detail: { approximate: false, matches: 3 },
    });
    // The subject and the query that found them.
    expect(openings).toBe(2);
    expect(event.subjects!.map((s) => ('id' in s ? s.id : 'gone'))).toEqual(['voter-1', 'gone', 'voter-3']);
    expect(event.detail!.json).toMatchObject({ matches: 3, address: '10.0.0.7' });
    expect(checkOpenings(leaf, json!)).toBeNull();
    const second = eraseOpenings(json!, { ...person, voter: 'voter-3' })!;
    expect(second.openings).toBe(1);
    expect(checkOpenings(leaf, second.json)).toBeNull();
    expect(readOpenings(leaf, second.json)).toMatchObject({ missing: 3 });
  });

  test('finds them where they are no subject: a PIN searched in vain, an id in another record, a name in a note', () => {
    expect(erased({ query: '10101199012345' })).toMatchObject({ openings: 1 });
    expect(erased({ query: 'жаңыл КӨЧКӨНБАЕВА' })).toMatchObject({ openings: 1 });
    expect(erased({ query: '{"voter":"voter-canary"}' })).toMatchObject({ openings: 1 });
    expect(erased({ caseId: 'application-canary', detail: { outcome: 'approved' } })).toMatchObject({
      openings: 1,
    });
    expect(erased({ detail: { note: 'Көчкөнбаева Жаңылдын арызы боюнча' } })).toMatchObject({ openings: 1 });
  });

  test('leaves alone what is about others', () => {
    const { event } = made({ subjects: ['voter-9'], query: 'Көчкөнбаева Айгүл', caseId: 'c9' });
    expect(eraseOpenings(event, person)).toBeNull();
    expect(eraseOpenings(made({ query: 'Көчкөнбаева' }).event, person)).toBeNull();
  });

  test('a surname nobody else bears names them alone', () => {
    expect(namesPerson('көчкөнбаева', person)).toBe(false);
    const unique = { names: [{ ...person.names[0]!, unique: true }] };
    expect(namesPerson('көчкөнбаева', unique)).toBe(true);
    expect(namesPerson('Көч', unique)).toBe(true);
    expect(namesPerson('Асанова Жаңыл', unique)).toBe(false);
  });
});

describe('the account of what is missing', () => {
  test('counts a row that is gone by what its leaf commits to, and an act by what it says it erased', () => {
    const { leaf } = made({ subjects: ['a', 'b'], query: 'q' });
    expect(readOpenings(leaf, null)).toEqual({ missing: 4, accountedFor: 0 });
    const act = made({ persons: 1, erased: 4 });
    expect(readOpenings(act.leaf, act.event)).toEqual({ missing: 0, accountedFor: 4 });
    const denied = draftEntry({ ...header, outcome: 'denied' }, { erased: 4 });
    expect(readOpenings(denied.leaf, denied.event)).toMatchObject({ accountedFor: 0 });
  });
});
