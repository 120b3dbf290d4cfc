// What another set of policies would change: which policies, and which decisions over role × act × relation. Asked of both
// sets themselves, act by act where a changed policy speaks, acts that no policy tells apart as one: first everything in
// which up to three things are out of the ordinary at once, then more of them as far as the bound reaches, and how far that
// was is said.
import type { PolicyDifference, PolicyShift, PolicyText } from '#server/contract/policies.ts';
import { compilePolicies } from './cedar.ts';
import { candidates, factsOf, openRelation } from './inputs.ts';
import {
  alikeActs,
  type Circumstance,
  circumstancesOf,
  createForbidden,
  factsAt,
  maskOf,
  strangers,
} from './questions.ts';
import type { Decision, Flag, Policy, Relation } from './relation.ts';
import type { PolicyRule, PolicySource } from './source.ts';

/** Facts and circumstances out of the ordinary at once that are compared in any case. */
const atOnce = 3;
/** Facts asked about one act; ours are 8 at most. */
const factsOfAnAct = 14;

export interface Bounds {
  /** Decisions asked of both sets for what is compared in any case; another guard of every act takes some 5,000. */
  asked: number;
  /** Asked besides, for more at once. */
  more: number;
  /** Questions looked at, most of which need not be asked. */
  looked: number;
}
const bounds: Bounds = { asked: 60_000, more: 10_000, looked: 1_000_000 };

export const textOf = ({ id, why, effect, file, text }: PolicyRule): PolicyText => ({
  id,
  why,
  effect,
  file,
  text,
});

type Turn = Pick<PolicyShift, 'becomes' | 'by' | 'before'>;

interface Shift extends Turn {
  role: string;
  unusual: readonly string[];
  facts: Flag[];
}

/** Acts that are answered alike with one role, and all that can be asked of them. */
interface Question {
  /** The first is asked about; what it shows holds for all. */
  acts: readonly string[];
  role: Relation['role'];
  circumstances: readonly Circumstance[];
  facts: readonly Flag[];
  /** Sets of facts that one changed policy names together, alone and with each other fact. */
  named: readonly number[];
  forbidden: ReturnType<typeof createForbidden>;
  asked: Set<string>;
  shifts: Shift[];
}

/**
 * @param policy in force, made from `from`
 * @returns null where there is more to compare than can be
 */
export function differenceOf(
  from: PolicySource,
  to: PolicySource,
  policy: Policy,
  within: Bounds = bounds,
): PolicyDifference | null {
  const old = new Map(from.rules.map((rule) => [rule.id, rule]));
  const now = new Map(to.rules.map((rule) => [rule.id, rule]));
  const added = to.rules.filter(({ id }) => !old.has(id));
  const removed = from.rules.filter(({ id }) => !now.has(id));
  const changed = to.rules.flatMap((after) => {
    const before = old.get(after.id);
    return before && before.text !== after.text ? [{ before, after }] : [];
  });
  const schemaChanged = from.schema !== to.schema;
  const turned = [...added, ...removed, ...changed.flatMap(({ before, after }) => [before, after])];
  const touched = new Set(turned.flatMap(({ acts }) => [...acts]));
  // Another schema may move acts between groups, or change what is known of everybody.
  for (const act of new Set([...from.declarations.keys(), ...to.declarations.keys()]))
    if (
      act.includes('.') &&
      (from.types !== to.types || from.declarations.get(act) !== to.declarations.get(act))
    )
      touched.add(act);
  const questions = questionsOf(touched, from, to, turned, schemaChanged);
  if (questions === null) return null;

  const next = compilePolicies(to);
  let [asked, looked, most] = [0, 0, within.asked];

  /** False where the bound is reached. */
  function ask(question: Question, { over, unusual }: Circumstance, mask: number): boolean {
    const { acts, role, facts } = question;
    const [act] = acts as [string];
    looked += 1;
    if (looked > within.looked) return false;
    const relation = openRelation(role, over);
    if (question.forbidden.has(relation, mask)) return true;
    const name = `${unusual.join()}|${mask}`;
    if (question.asked.has(name)) return true;
    if (asked >= most) return false;
    question.asked.add(name);
    asked += 1;
    const held = factsAt(mask, facts);
    const [before, after] = [policy, next].map((one) => one.decide(act, { ...relation, flags: held }));
    if (before!.kind === 'deny' && after!.kind === 'deny' && before!.policy === after!.policy)
      question.forbidden.add(after!.policy, relation, mask);
    const turn = turnOf(before!, after!);
    if (!turn) return true;
    const shift = { role, unusual, facts: held, ...turn };
    if (!question.shifts.some((other) => says(other, shift))) question.shifts.push(shift);
    return true;
  }

  try {
    for (let unusual = 0; unusual <= atOnce; unusual++)
      for (const question of questions)
        if (!everySet(question, unusual, (lie, mask) => ask(question, lie, mask))) return null;
    for (const question of questions)
      for (const lie of question.circumstances.filter((one) => one.unusual.length < atOnce))
        for (const mask of question.named) if (!ask(question, lie, mask)) return null;
    most = asked + within.more;
    const upTo = beyond(questions, ask);
    return {
      added: added.map(textOf),
      removed: removed.map(textOf),
      changed: changed.map(({ before, after }) => ({ before: textOf(before), after: textOf(after) })),
      schemaChanged,
      shifts: grouped(
        questions.flatMap(({ acts, shifts }) =>
          acts.flatMap((act) => shifts.map((shift) => ({ ...shift, act }))),
        ),
      ),
      compared: asked,
      upTo,
    };
  } finally {
    next.release();
  }
}

/** Goes on with more at once. @returns how many were all compared, or null where there are no more */
function beyond(
  questions: readonly Question[],
  ask: (question: Question, lie: Circumstance, mask: number) => boolean,
): number | null {
  const most = Math.max(
    0,
    ...questions.map(
      ({ facts, circumstances }) => facts.length + (circumstances.at(-1)?.unusual.length ?? 0),
    ),
  );
  for (let unusual = atOnce + 1; unusual <= most; unusual++)
    for (const question of questions)
      if (!everySet(question, unusual, (lie, mask) => ask(question, lie, mask))) return unusual - 1;
  return null;
}

/** Every circumstance with every set of facts, so many of both together. @returns false once `each` does */
function everySet(
  { circumstances, facts }: Question,
  unusual: number,
  each: (lie: Circumstance, mask: number) => boolean,
): boolean {
  for (const lie of circumstances)
    for (const mask of masksOf(facts.length, unusual - lie.unusual.length))
      if (!each(lie, mask)) return false;
  return true;
}

/** Sets of `size` of `count` facts. */
function* masksOf(count: number, size: number, from = 0): Generator<number> {
  if (size === 0) yield 0;
  if (size <= 0) return;
  for (let i = from; i < count; i++)
    for (const rest of masksOf(count, size - 1, i + 1)) yield rest | (1 << i);
}

/** Null where one act asks for more facts than can be compared. */
function questionsOf(
  touched: ReadonlySet<string>,
  from: PolicySource,
  to: PolicySource,
  turned: readonly PolicyRule[],
  schemaChanged: boolean,
): Question[] | null {
  const changing = new Set(turned.map(({ id }) => id));
  const questions: Question[] = [];
  for (const acts of alikeActs([...touched].sort(), [from, to])) {
    const [act] = acts as [string];
    const rules = [...from.rules, ...to.rules].filter(({ acts }) => acts.has(act));
    const facts = factsOf(act, rules);
    if (facts.length > factsOfAnAct) return null;
    const alone = [0, ...facts.map((_, i) => 1 << i)];
    const named = new Set(
      turned
        .filter(({ acts }) => acts.has(act))
        .flatMap((rule) => alone.map((mask) => mask | maskOf(factsOf(act, [rule]), facts))),
    );
    // What stands in both sets forbids the same in both, unless the schema says otherwise.
    const standing = schemaChanged
      ? []
      : to.rules.filter(({ id, acts }) => acts.has(act) && !changing.has(id));
    const forbidden = createForbidden(standing, facts);
    const circumstances = circumstancesOf(rules);
    for (const role of candidates(act, rules))
      questions.push({
        acts,
        role,
        circumstances: role === 'none' ? strangers : circumstances,
        facts,
        named: [...named],
        forbidden,
        asked: new Set(),
        shifts: [],
      });
  }
  return questions;
}

function turnOf(before: Decision, after: Decision): Turn | null {
  if (before.kind === after.kind) return null;
  return {
    becomes: after.kind === 'permit' ? 'permitted' : 'denied',
    by: after.policy,
    before: before.policy,
  };
}

/**
 * Whether one shift already says what another says: it asks for no more. In the same circumstance only what comes of it must
 * agree; where fewer things are unusual also the policies, and what happens outside one's unit is said by itself.
 */
function says(one: Shift, other: Shift): boolean {
  if (one === other || one.becomes !== other.becomes) return false;
  if (!one.facts.every((fact) => other.facts.includes(fact))) return false;
  if (!one.unusual.every((told) => other.unusual.includes(told))) return false;
  const fewer = one.unusual.length < other.unusual.length;
  if (!fewer) return one.facts.length < other.facts.length;
  return one.by === other.by && one.before === other.before && outside(one) === outside(other);
}

const outside = ({ unusual }: Shift) => unusual.some((told) => told.split('|').includes('outside'));

/** Keeps of each role and act what says the most, then joins roles and acts that read alike. */
function grouped(shifts: readonly (Shift & { act: string })[]): PolicyShift[] {
  const least = [...Map.groupBy(shifts, ({ role, act }) => `${role} ${act}`).values()]
    .flatMap((group) => group.filter((shift) => !group.some((other) => says(other, shift))))
    .map((shift) => ({ ...shift, where: shift.unusual.join('+') || 'own' }));
  const alike = (shift: (typeof least)[number], more: string) =>
    [shift.becomes, shift.by, shift.before, shift.where, shift.facts.join(), more].join('|');
  const byAct = [...Map.groupBy(least, (shift) => alike(shift, shift.act)).values()].map((group) => ({
    ...group[0]!,
    roles: [...new Set(group.map(({ role }) => role))].sort(),
  }));
  return [...Map.groupBy(byAct, (row) => alike(row, row.roles.join())).values()]
    .map((group) => {
      const { becomes, by, before, where, facts, roles } = group[0]!;
      return {
        becomes,
        by,
        before,
        where,
        facts,
        roles,
        acts: [...new Set(group.map(({ act }) => act))].sort(),
      };
    })
    .toSorted((a, b) => order(a) - order(b) || (a.by < b.by ? -1 : 1));
}

/** What opens comes first, and of it what opens most: without any fact, in one's own unit. */
const order = ({ becomes, where, facts }: PolicyShift) =>
  (becomes === 'permitted' ? 0 : 1_000) +
  (where === 'own' ? 0 : 100) +
  where.split('+').length * 20 +
  facts.length;
