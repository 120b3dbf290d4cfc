// What is asked of an act's own slice is answered as the whole set would answer: the same decision by the same policies, and
// no forbid is ever lost.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Answer, type Asking, askingOf } from './asking.ts';
import { candidates, circumstances, factSets, factsOf, openRelation } from './inputs.ts';
import { alikeActs } from './questions.ts';
import { actsOf, type Json } from './reading.ts';
import { flags, type Relation, words } from './relation.ts';
import { contextFacts, slicesOf } from './slices.ts';
import { type PolicySource, parsePolicies, readPolicyFiles, schemaName } from './source.ts';

const setOf = (files: Parameters<typeof parsePolicies>[0], complete = true): PolicySource => {
  const parsed = parsePolicies(files, complete);
  if (parsed.kind !== 'set') throw new Error(JSON.stringify(parsed.faults));
  return parsed.source;
};
const oneOf = <T>(values: Iterable<T>) => fc.constantFrom(...values);
const anyRelation = fc.record({
  role: oneOf(words.role),
  stage: oneOf(words.stage),
  locked: fc.boolean(),
  clearance: oneOf(words.clearance),
  reach: oneOf(words.reach),
  factor: oneOf(words.factor),
  flags: fc.uniqueArray(oneOf(flags), { maxLength: 5 }),
}) as fc.Arbitrary<Relation>;

function compare(sliced: Asking, whole: Asking, act: string, relation: Relation): Answer {
  const answer = sliced.ask(act, relation);
  expect(answer, `${act} ${JSON.stringify(relation)}`).toEqual(whole.ask(act, relation));
  return answer;
}

describe('the policies shipped', () => {
  const source = setOf(readPolicyFiles('policies/access'));
  const [sliced, whole] = [askingOf(source), askingOf(source, false)];
  const catalogue = [...slicesOf(source).keys()];
  const unusual = Object.entries(circumstances).flatMap(([name, values]) =>
    values.slice(1).map((value): Partial<Relation> => ({ [name]: value })),
  );

  test('over every act, role, circumstance and fact', () => {
    const roles = [...words.role] as Relation['role'][];
    const seen = { permitted: 0, denied: 0 };
    catalogue.forEach((act, a) => {
      const sets = factSets(factsOf(act, source.rules));
      roles.forEach((role, r) => {
        // Every circumstance with every act and with every role, if not with every pair of them.
        const first = unusual[(a + r) % unusual.length]!;
        const second = unusual[(a * 3 + r * 5 + 1) % unusual.length]!;
        for (const over of [
          { flags: sets[(r * 7) % sets.length]! },
          { ...first, flags: sets[r % sets.length]! },
          { ...first, ...second },
        ]) {
          const answer = compare(sliced, whole, act, openRelation(role, over));
          if (answer.kind === 'answer') seen[answer.permits ? 'permitted' : 'denied'] += 1;
        }
      });
    });
    expect(seen.permitted).toBeGreaterThan(200);
    expect(seen.denied).toBeGreaterThan(2_000);
  }, 180_000);

  test('over requests drawn at random', () => {
    fc.assert(
      fc.property(oneOf(catalogue), anyRelation, (act, relation) => {
        expect(compare(sliced, whole, act, relation).kind).toBe('answer');
      }),
      { numRuns: 1_500 },
    );
  }, 120_000);

  test('a forbid stays wherever its scope takes the act in; slices are small all the same', () => {
    for (const [act, { policies, schema }] of slicesOf(source)) {
      expect(schema, act).not.toBeNull();
      for (const guard of ['guard-stage', 'guard-lock', 'guard-clearance', 'guard-reach'])
        expect(policies, act).toContainEqual({ id: guard, role: null });
      expect(policies.length, act).toBeLessThan(20);
    }
    const { policies, facts } = slicesOf(source).get('approval.approve')!;
    expect(policies).toContainEqual({ id: 'guard-own-request', role: null });
    expect(facts).toEqual(contextFacts);
    // Nothing about the viewing of a voter asks how fresh the factor is.
    expect(slicesOf(source).get('voter.view')!.facts).not.toContain('factor');
  });
});

// Groups within groups, and every form a scope can have.
const schema = `entity Role; entity Record;
  type Relation = { "stage": String, "locked": Bool, "clearance": String, "reach": String, "factor": String, "flags": Set<String> };
  action "Outer"; action "Inner" in ["Outer"]; action "Aside";
  action "a.deep" in ["Inner"] appliesTo { principal: [Role], resource: [Record], context: Relation };
  action "a.within" in ["a.deep"] appliesTo { principal: [Role], resource: [Record], context: Relation };
  action "a.outer" in ["Outer", "Aside"] appliesTo { principal: [Role], resource: [Record], context: Relation };
  action "a.alone" appliesTo { principal: [Role], resource: [Record], context: Relation };`;
const small = ['a.deep', 'a.within', 'a.outer', 'a.alone'];
const scopes = [
  'action',
  'action == Action::"a.deep"',
  'action in Action::"Outer"',
  'action in Action::"Inner"',
  'action in [Action::"Aside", Action::"a.deep"]',
  'action in [Action::"a.alone"]',
];
const conditions = [
  '',
  'when { context.locked }',
  'when { context has stage && principal == Role::"supervisor" }',
  'unless { context.factor != "bound" || context.clearance == "valid" }',
  'when { context.flags.contains("blocked") }',
  'when { action in Action::"Outer" }',
  'unless { action in [Action::"Inner", Action::"Aside"] }',
  'unless { action == Action::"a.alone" || context.reach == "outside" }',
  'unless { action == Action::"a.deep" }',
  'unless { principal == Role::"auditor" }',
  'when { if principal == Role::"auditor" then context.locked else !context.locked }',
  'when { (principal == Role::"auditor") == context.locked || principal in [Role::"supervisor"] }',
];
/** Their answer hangs on acts other than the one asked about. */
const ofOthers = [
  'when { Action::"a.deep" in Action::"Outer" }',
  'unless { [action, Action::"a.outer"].contains(Action::"a.deep") }',
  'when { (if context.locked then Action::"a.deep" else action) in Action::"Inner" }',
];
const anyPolicy = (bodies: string[]) =>
  fc
    .tuple(
      oneOf(['permit', 'forbid']),
      oneOf([
        'principal',
        'principal == Role::"auditor"',
        'principal in Role::"auditor"',
        'principal is Role',
      ]),
      oneOf(scopes),
      oneOf(bodies),
    )
    .map(([effect, who, scope, body]) => `${effect} (${who}, ${scope}, resource) ${body};`);
const drawn = (bodies: string[]) => fc.array(anyPolicy(bodies), { minLength: 1, maxLength: 8 });
const requests = small.flatMap((act) =>
  (['auditor', 'supervisor'] as const).flatMap((role) =>
    [{}, { locked: true }, { flags: ['blocked'] }, { reach: 'outside' }, { clearance: 'expired' }].map(
      (over) => [act, openRelation(role, over as Partial<Relation>)] as const,
    ),
  ),
);

describe('any policies at all', () => {
  /** Acts answered as another act was, since none of the policies tells them apart. */
  let together = 0;
  const agree = (policies: string[]): PolicySource | null => {
    const text = policies.map((policy, i) => `@id("p${i}") @why("y") ${policy}`).join('\n');
    const parsed = parsePolicies(
      [
        { name: schemaName, text: schema },
        { name: 'a.cedar', text },
      ],
      false,
    );
    if (parsed.kind === 'faults') return null; // one that never applies
    const [sliced, whole] = [askingOf(parsed.source), askingOf(parsed.source, false)];
    const answers = new Map(small.map((act) => [act, [] as Answer[]]));
    for (const [act, relation] of requests) {
      const answer = compare(sliced, whole, act, relation);
      answers.get(act)!.push(answer);
      // Whoever is let in is among those whom a comparison of sets asks for.
      if (answer.kind === 'answer' && answer.permits)
        expect(candidates(act, parsed.source.rules)).toContain(relation.role);
    }
    for (const [first, ...others] of alikeActs(small, [parsed.source])) {
      together += others.length;
      for (const act of others) expect(answers.get(act), `${act} as ${first}`).toEqual(answers.get(first!));
    }
    sliced.release();
    whole.release();
    return parsed.source;
  };

  test('with scopes of every form', () => {
    let tried = 0;
    fc.assert(
      fc.property(drawn(conditions), (policies) => {
        const source = agree(policies);
        if (source === null) return;
        tried += 1;
        expect([...slicesOf(source).values()].every((slice) => slice.schema !== null)).toBe(true);
      }),
      { numRuns: 150 },
    );
    expect(tried).toBeGreaterThan(50);
    expect(together).toBeGreaterThan(10);
  });

  test('with conditions about other acts, which see the whole schema', () => {
    fc.assert(
      fc.property(drawn(conditions), oneOf(ofOthers), (policies, body) => {
        const source = agree([`forbid (principal, action, resource) ${body};`, ...policies]);
        if (source === null) return;
        expect([...slicesOf(source).values()].every((slice) => slice.schema === null)).toBe(true);
      }),
      { numRuns: 60 },
    );
    for (const body of ofOthers)
      expect(agree([`forbid (principal, action, resource) ${body};`]), body).not.toBeNull();
  });

  test('a scope that cannot be read for certain takes every act in', () => {
    const { of } = actsOf(setOf(readPolicyFiles('policies/access')).json);
    const all = of({ action: { op: 'All' } });
    expect(of({ action: { op: 'in', entities: [{ type: 'Action', id: 'Find' }] } }).size).toBeLessThan(5);
    const strange: Json[] = [
      { op: 'like', pattern: 'voter.*' },
      { op: '==', slot: '?action' },
      {
        op: 'in',
        entities: [
          { type: 'Action', id: 'Find' },
          { type: 'Other::Action', id: 'x' },
        ],
      },
      { op: 'in', entity: { __entity: { type: 'Action', id: 'Find' } } },
    ];
    for (const action of strange) expect(of({ action }), JSON.stringify(action)).toEqual(all);
  });

  test('a context declared otherwise than it is told is refused as a whole, whoever asks for it', () => {
    const [, spaces] = schema.split('entity Role; entity Record;');
    for (const other of [
      spaces!.replace('"locked": Bool', '"locked": String'),
      spaces!.replace('"locked": Bool, ', ''),
      spaces!.replace('"locked": Bool', '"locked": Bool, "more": String'),
      `entity String; ${spaces}`,
    ]) {
      const source = setOf(
        [
          { name: schemaName, text: `entity Role; entity Record; ${other}` },
          { name: 'a.cedar', text: '@id("p") @why("y") permit (principal, action, resource);' },
        ],
        false,
      );
      const [sliced, whole] = [askingOf(source), askingOf(source, false)];
      for (const [act, relation] of requests)
        expect(sliced.ask(act, relation).kind, other).toBe(whole.ask(act, relation).kind);
      expect(whole.ask('a.alone', openRelation('auditor')).kind).toBe('fault');
    }
  });
});

test('what is not declared is not asked, and a set let go of decides nothing', () => {
  const source = setOf(readPolicyFiles('policies/access'));
  const asking = askingOf(source);
  expect(asking.ask('voter.delete', openRelation('system'))).toEqual({ kind: 'undeclared' });
  expect(asking.ask('Find', openRelation('system'))).toEqual({ kind: 'undeclared' });
  expect(asking.ask('voter.view', openRelation('territorial-admin')).kind).toBe('answer');
  asking.release();
  expect(asking.ask('voter.view', openRelation('territorial-admin')).kind).not.toBe('answer');
});
