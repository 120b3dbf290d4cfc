// What is found out about proposed rules, without a console: faults to the field, what would change, what each would have found.
import { expect, test } from 'vitest';
import { filesOf, loadCatalogue } from '../catalogue.ts';
import type { RuleFile } from '../sigma/directory.ts';
import type { Recent, RuleTrial } from './trial.ts';
import { tryRules } from './try.ts';

const shipped = filesOf(loadCatalogue('policies/detection').set);
const textOf = (file: string) => shipped.find((one) => one.file === file)!.text;
const others = (...files: RuleFile[]) => [
  ...shipped.filter(({ file }) => !files.some((one) => one.file === file)),
  ...files,
];
const edits = 'voter_edited_repeatedly.yml';
const repeated = '2ba69b61-2fb9-475d-9286-90dd651ddde1';
const alone = '305c139b-58ff-4dd0-b2eb-89e8cf7edbef';
const own = (id: string, title = 'Somebody looked at the rules') => `# of the auditors
title: ${title}
id: ${id}
level: low
detection: {selection: {event.action: rule.view}, condition: selection}
`;

/** As the log has it: one voter corrected `n` times, an hour apart. */
const corrected = (n: number): Recent => ({
  units: new Map([['T1', '/CEC/T1/']]),
  rows: Array.from({ length: n }, (_, seq) => ({
    seq,
    leaf: Buffer.from(
      JSON.stringify({
        act: 'application.apply',
        outcome: 'done',
        actor: 'o1',
        commission: 'T1',
        t: seq * 3_600_000,
      }),
    ),
    json: JSON.stringify({
      subjects: [{ id: 'voter-1' }],
      detail: { json: { changeKind: 'correct', approved: true } },
    }),
  })),
});
const none: Recent = { rows: [], units: new Map() };
const tried = async (over: Partial<RuleTrial>) =>
  tryRules({ inForce: shipped, proposed: shipped, recent: none, ...over });
const faultsOf = async (file: string, text: string) => {
  const answer = await tried({ proposed: others({ file, text }) });
  return answer.kind === 'faults' ? answer.faults : [];
};
const differenceOf = async (over: Partial<RuleTrial>) => {
  const answer = await tried(over);
  if (answer.kind !== 'set') throw new Error(JSON.stringify(answer));
  return answer.difference!;
};

test('what cannot be read names file, rule, field, fault and next step', async () => {
  expect(await faultsOf(edits, textOf(edits).replace('gte: 3', 'gtee: 3'))).toMatchObject([
    {
      file: edits,
      rule: 'Voter edited three or more times in 24 hours',
      field: expect.stringContaining('correlation.condition'),
      fault: expect.stringMatching(/./),
      next: expect.stringMatching(/./),
    },
  ]);
  expect((await faultsOf('a.yml', 'title: [')).map(({ file, field }) => [file, field])).toEqual([
    ['a.yml', 'line 1'],
  ]);
});

test('a rule whose own test fails, and a copy of the program’s own rule, are refused', async () => {
  expect((await faultsOf(edits, textOf(edits).replace('gte: 3', 'gte: 4')))[0]).toMatchObject({
    file: edits,
    field: 'kuzot.tests "three edits within a day"',
    fault: 'it expects 1 firings and sees 0',
    next: 'correct the rule or the test',
  });
  expect(await faultsOf('soft.yml', own(alone))).toMatchObject([
    { file: 'soft.yml', field: 'id', fault: expect.stringContaining('program itself') },
  ]);
});

test('rules new, gone and changed are told with their text, comments included, and those that decide otherwise because of them', async () => {
  const id = '9d2b7a52-4a3c-4d6f-8f5e-2f1f6a9f0c11';
  const base = textOf('base_events.yml');
  const narrower = base.replace('name: voter_edit\n', 'name: voter_edit\nlevel: low\n');
  expect(narrower).not.toBe(base);
  const proposed = others(
    { file: 'own.yml', text: own(id) },
    { file: 'base_events.yml', text: narrower },
  ).filter(({ file }) => file !== 'copying.yml');
  const { added, removed, changed, touched } = await differenceOf({ proposed });
  expect(added).toMatchObject([{ key: id, level: 'low', message: null, file: 'own.yml', text: own(id) }]);
  expect(removed).toMatchObject([{ file: 'copying.yml', message: { ky: expect.stringMatching(/./) } }]);
  expect(changed).toMatchObject([{ before: { level: null }, after: { level: 'low', kind: 'detection' } }]);
  // One document of several in its file.
  expect(changed[0]!.after.text).toContain('level: low');
  expect(changed[0]!.after.text.length).toBeLessThan(base.length / 2);
  expect(touched).toContainEqual(expect.objectContaining({ key: repeated, message: expect.anything() }));
  const commented = await differenceOf({
    proposed: others({ file: edits, text: `# later\n${textOf(edits)}` }),
  });
  expect(commented).toMatchObject({ changed: [{ after: { key: repeated } }], touched: [] });
});

test('both sets are run over the same entries, and what fires otherwise is counted', async () => {
  const text = textOf(edits)
    .replace(/ {2}tests:[\s\S]*/, '')
    .replace('gte: 3', 'gte: 5');
  const { replay } = await differenceOf({ proposed: others({ file: edits, text }), recent: corrected(6) });
  expect(replay).toMatchObject({ entries: 6, from: 0 });
  // From the third on there was a firing; the stricter rule fires with the fifth.
  expect(replay.rules).toMatchObject([
    { key: repeated, level: 'medium', before: 1, after: 1, onlyBefore: 1, onlyAfter: 1 },
  ]);
  const fewer = await differenceOf({ proposed: others({ file: edits, text }), recent: corrected(4) });
  expect(fewer.replay.rules).toMatchObject([{ before: 1, after: 0, onlyBefore: 1, onlyAfter: 0 }]);
});

test('a set in force that this release cannot read has nothing to compare with', async () => {
  const { removed, added } = await differenceOf({ inForce: [{ file: 'old.yml', text: 'title: Old' }] });
  expect(removed).toEqual([]);
  expect(added.length).toBeGreaterThan(40);
});
