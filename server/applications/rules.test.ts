import { describe, expect, test } from 'vitest';
import { acts } from '#server/contract/acts.ts';
import { applicationKinds, applicationStates, correctableFields } from '#server/contract/vocabulary.ts';
import {
  asksSecondPerson,
  changeable,
  effectOf,
  firstState,
  intakeSteps,
  isStep,
  leadsFrom,
  lifting,
  mayChange,
  mustAsk,
  needsVoter,
  type StepName,
  steps,
} from './rules.ts';

// The life of an application as the design tells it, written by hand: state → what may follow.
const life: Record<string, string[]> = {
  draft: ['check-identity', 'refuse-late', 'withdraw', 'redirect'],
  'identity-checked': ['receive', 'refuse-late', 'withdraw', 'redirect'],
  received: ['enter', 'withdraw', 'redirect'],
  entered: [],
  'at-territorial': ['start-review', 'withdraw', 'redirect'],
  'in-review': ['ask', 'decide', 'withdraw', 'redirect'],
  'needs-information': ['answer', 'withdraw', 'redirect'],
  approved: ['apply', 'start-review'],
  refused: ['close'],
  applied: ['reply'],
  closed: ['reply'],
  replied: ['archive'],
  archived: [],
  withdrawn: [],
  redirected: [],
  late: ['reply'],
};
const names = Object.keys(steps) as StepName[];
/** Where a step can lead; a decision leads to either. */
const targets = (name: StepName) =>
  name === 'decide' ? ['approved', 'refused'] : [steps[name].to as string];

describe('the life of an application', () => {
  test.each(applicationStates)('from %s exactly the steps of the design lead on', (state) => {
    expect(names.filter((name) => leadsFrom(name, state)).toSorted()).toEqual(life[state]?.toSorted());
  });

  test('every state but entered is reached: entering puts it at the territory in the same act (R18, R19)', () => {
    const reached = new Set(['draft', ...names.flatMap(targets)]);
    expect(applicationStates.filter((state) => !reached.has(state))).toEqual(['entered']);
    expect(steps.enter.to).toBe('at-territorial');
  });

  test('no way leads from receipt to an end past the moment that lifts the block (R13)', () => {
    const seen = new Set<string>();
    const walk = (state: string) => {
      if (seen.has(state) || lifting.has(state as never)) return;
      seen.add(state);
      for (const name of names) if (leadsFrom(name, state)) for (const to of targets(name)) walk(to);
    };
    walk('received');
    for (const end of ['replied', 'archived', 'withdrawn', 'redirected', 'late'])
      expect(seen).not.toContain(end);
  });

  test('nothing leads back before receipt, so a block and its coupon are made once', () => {
    for (const name of names)
      if (['draft', 'identity-checked', 'received'].includes(steps[name].to))
        expect(steps[name].from).not.toContain('received');
  });

  test('each step is the act of its own name, and only real names are steps', () => {
    for (const name of names) expect([name, steps[name].act]).toEqual([name, `application.${name}`]);
    for (const name of names) expect(acts[steps[name].act].kind).toBe('change');
    for (const name of ['constructor', 'toString', '__proto__', 'create', ''])
      expect(isStep(name)).toBe(false);
  });

  test('the intake is what happens before the territory has it', () => {
    expect([...intakeSteps].toSorted()).toEqual(['check-identity', 'enter', 'receive']);
  });
});

describe('what an approved application does', () => {
  const table: [kind: string, effect: string, fields: string[], voter: boolean, second: boolean][] = [
    [
      'correction',
      'correct',
      ['pin', 'surname', 'givenName', 'patronymic', 'birthDate', 'sex', 'address'],
      true,
      false,
    ],
    [
      'missing',
      'include',
      ['pin', 'surname', 'givenName', 'patronymic', 'birthDate', 'sex', 'address'],
      false,
      true,
    ],
    ['wrong-precinct', 'move', ['precinct', 'address'], true, true],
    ['duplicate', 'remove', [], true, true],
    ['deceased', 'remove', [], true, true],
    ['disability', 'none', ['precinct', 'address'], false, false],
    ['institution', 'none', ['precinct', 'address'], false, false],
  ];
  test.each(table)(
    '%s: effect %s, its fields, its block and its second person',
    (kind, effect, fields, voter, second) => {
      expect(effectOf(kind, [])).toBe(effect);
      expect([...changeable(kind)]).toEqual(fields);
      expect(needsVoter(kind, [])).toBe(voter);
      expect(asksSecondPerson(kind, [])).toBe(second);
    },
  );

  test('the table names every kind', () => {
    expect(table.map(([kind]) => kind).toSorted()).toEqual(applicationKinds.toSorted());
  });

  test('a change of PIN or precinct asks a second person whatever the kind; no other field does', () => {
    for (const kind of applicationKinds)
      for (const field of ['pin', 'precinct']) expect(asksSecondPerson(kind, ['address', field])).toBe(true);
    for (const field of correctableFields.filter((name) => name !== 'pin' && name !== 'precinct'))
      expect(asksSecondPerson('correction', [field])).toBe(false);
  });

  test('an unknown kind changes nothing and offers nothing to change', () => {
    expect([effectOf('erase', ['pin']), changeable('erase')]).toEqual(['none', []]);
  });

  test.each(['disability', 'institution'])(
    '%s moves or corrects as far as it asks to, and is then about a voter on the list (R23, R26)',
    (kind) => {
      expect(effectOf(kind, ['address'])).toBe('correct');
      expect(effectOf(kind, ['address', 'precinct'])).toBe('move');
      expect([needsVoter(kind, ['address']), asksSecondPerson(kind, ['address'])]).toEqual([true, false]);
      expect([needsVoter(kind, ['precinct']), asksSecondPerson(kind, ['precinct'])]).toEqual([true, true]);
      expect(mustAsk(kind)).toBe(false);
    },
  );

  test('only a correction and a wrong precinct make no sense without a change', () => {
    expect(applicationKinds.filter(mustAsk).toSorted()).toEqual(['correction', 'wrong-precinct']);
  });

  test('what the voter sent electronically begins received, unless it came too late', () => {
    expect(firstState('electronic', false)).toBe('received');
    for (const [channel, late] of [
      ['electronic', true],
      ['in-person', false],
      ['post', false],
    ] as const)
      expect(firstState(channel, late)).toBe('draft');
  });

  test('another territory’s voter can only be moved into the precinct that asks', () => {
    const here = { precinct: '1001' };
    const theirs = { inReach: false };
    expect(mayChange('move', here, theirs, '1001')).toBe(true);
    expect(mayChange('move', here, theirs, undefined)).toBe(true);
    expect(mayChange('move', here, theirs, '2001')).toBe(false);
    for (const effect of ['correct', 'remove', 'include', 'none'] as const)
      expect(mayChange(effect, here, theirs, '1001')).toBe(false);
    for (const effect of ['correct', 'remove', 'move'] as const)
      expect(mayChange(effect, here, { inReach: true }, '2001')).toBe(true);
  });
});
