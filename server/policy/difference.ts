// What another set of policies would change: which policies, and which decisions over role × act × relation. Asked of both
// sets themselves, act by act where a changed policy speaks; grouped so that a person can read it.
import type { PolicyDifference, PolicyShift, PolicyText } from '#server/contract/policies.ts';
import { compilePolicies } from './cedar.ts';
import { candidates, circumstances, factSets, factsAtOnce, factsOf, openRelation } from './inputs.ts';
import type { Decision, Flag, Policy, Relation } from './relation.ts';
import type { PolicyRule, PolicySource } from './source.ts';

/** Decisions asked before others get their turn. */
const atOnce = 10;
/** Another guard of every act takes some 20,000. */
const comparedAtMost = 60_000;
/** Facts asked about one act; ours are 8 at most. */
const factsOfAnAct = 14;

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
  act: string;
  where: string;
  facts: Flag[];
}

/**
 * @param policy in force, made from `from`
 * @returns null where there is more to compare than can be
 */
export async function differenceOf(
  from: PolicySource,
  to: PolicySource,
  policy: Policy,
): Promise<PolicyDifference | null> {
  const next = compilePolicies(to);
  const old = new Map(from.rules.map((rule) => [rule.id, rule]));
  const now = new Map(to.rules.map((rule) => [rule.id, rule]));
  const added = to.rules.filter(({ id }) => !old.has(id));
  const removed = from.rules.filter(({ id }) => !now.has(id));
  const changed = to.rules.flatMap((after) => {
    const before = old.get(after.id);
    return before && before.text !== after.text ? [{ before, after }] : [];
  });
  const schemaChanged = from.schema !== to.schema;
  const touched = new Set(
    [...added, ...removed, ...changed.flatMap(({ before, after }) => [before, after])].flatMap(({ acts }) => [
      ...acts,
    ]),
  );
  // Another schema may move acts between groups, or change what is known of everybody.
  for (const act of new Set([...from.declarations.keys(), ...to.declarations.keys()]))
    if (
      act.includes('.') &&
      (from.types !== to.types || from.declarations.get(act) !== to.declarations.get(act))
    )
      touched.add(act);

  const shifts: Shift[] = [];
  let compared = 0;
  const rules = [...from.rules, ...to.rules];
  const turned = [...added, ...removed, ...changed.flatMap(({ before, after }) => [before, after])];
  const questions = questionsOf(touched, rules, turned);
  if (questions === null) return null;
  for (const { act, asked, sets, outside } of questions)
    for (const role of asked) {
      const ask = async (over: Partial<Relation>) => {
        compared += 1;
        if (compared % atOnce === 0) await new Promise((turn) => setImmediate(turn));
        const relation = openRelation(role, over);
        const [before, after] = [policy.decide(act, relation), next.decide(act, relation)];
        return { shift: shiftOf(before, after), open: before.kind === 'permit' || after.kind === 'permit' };
      };
      const note = (where: string, facts: Flag[], shift: Turn | null) => {
        if (shift) shifts.push({ role, act, where, facts, ...shift });
      };
      let able: { facts: Flag[]; shift: Turn | null } | null = null;
      for (const facts of sets) {
        const { shift, open } = await ask({ flags: facts });
        note('own', facts, shift);
        if (open) able ??= { facts, shift };
      }
      for (const facts of outside)
        note('outside', facts, (await ask({ flags: facts, reach: 'outside' })).shift);
      // What stands in everybody's way is seen only where something would be permitted without it; what turns in every
      // circumstance alike is said once.
      if (able === null) continue;
      for (const [where, over] of circumstances) {
        const { shift } = await ask({ flags: able.facts, ...over });
        if (JSON.stringify(shift) !== JSON.stringify(able.shift)) note(where, able.facts, shift);
      }
    }
  return {
    added: added.map(textOf),
    removed: removed.map(textOf),
    changed: changed.map(({ before, after }) => ({ before: textOf(before), after: textOf(after) })),
    schemaChanged,
    shifts: grouped(shifts),
    compared,
  };
}

interface Question {
  act: string;
  asked: ReadonlySet<Relation['role']>;
  /** Facts that may hold in one's own unit, and outside it. */
  sets: Flag[][];
  outside: Flag[][];
}

/** What is to be asked of both sets; null where it is more than can be. Threat: one proposal that keeps the server busy for hours. */
function questionsOf(
  touched: ReadonlySet<string>,
  rules: readonly PolicyRule[],
  turned: readonly PolicyRule[],
): Question[] | null {
  const questions: Question[] = [];
  let count = 0;
  for (const act of [...touched].sort()) {
    const facts = factsOf(act, rules);
    if (facts.length > factsOfAnAct) return null;
    const few = factSets(facts);
    const alone = few.filter(({ length }) => length < 2);
    // A changed policy may ask for more facts at once than are tried of all.
    const own = new Map(
      turned
        .filter(({ acts }) => acts.has(act))
        .map((rule) => factsOf(act, [rule]))
        .map((named) => [named.join(), named]),
    );
    const many = [...own.values()].filter(({ length }) => length > factsAtOnce);
    const sets = joined(few, many, alone);
    const beyond = [...own.values()].flatMap((named) => [...factSets(named), named]);
    const outside = joined(alone, beyond, alone);
    const asked = candidates(act, rules);
    count += asked.size * (sets.length + outside.length + circumstances.length);
    if (count > comparedAtMost) return null;
    questions.push({ act, asked, sets, outside });
  }
  return questions;
}

/** `sets`, and each of `more` together with each of `others`; small ones first, each once. */
function joined(sets: readonly Flag[][], more: readonly Flag[][], others: readonly Flag[][]): Flag[][] {
  const all = new Map(sets.map((set) => [set.toSorted().join(), set]));
  for (const one of more)
    for (const other of others) {
      const set = [...new Set([...one, ...other])];
      const name = set.toSorted().join();
      if (!all.has(name)) all.set(name, set);
    }
  return [...all.values()].toSorted((a, b) => a.length - b.length);
}

function shiftOf(before: Decision, after: Decision): Turn | null {
  if (before.kind === after.kind) return null;
  return {
    becomes: after.kind === 'permit' ? 'permitted' : 'denied',
    by: after.policy,
    before: before.policy,
  };
}

/** Keeps of each role, act and circumstance the smallest sets of facts, then joins roles and acts that read alike. */
function grouped(shifts: readonly Shift[]): PolicyShift[] {
  const least = shifts.filter(
    (shift) =>
      !shifts.some(
        (other) =>
          other.role === shift.role &&
          other.act === shift.act &&
          other.where === shift.where &&
          other.becomes === shift.becomes &&
          other.facts.length < shift.facts.length &&
          other.facts.every((fact) => shift.facts.includes(fact)),
      ),
  );
  const alike = (shift: Shift, more: string) =>
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
  (becomes === 'permitted' ? 0 : 100) + (where === 'own' ? 0 : 10) + facts.length;
