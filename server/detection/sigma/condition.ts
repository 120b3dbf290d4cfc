/**
 * Sigma conditions: `and`, `or`, `not`, parentheses, `1 of x*`, `all of x*`, `1 of them`. Binding, weakest first:
 * or, and, not, "x of", parentheses (Sigma rules specification 2.1, "Condition"). Correlations use the same words
 * over rule references. Parsing resolves every name, so a condition that parses cannot fail on an event.
 */
import { Fault } from './faults.ts';

export type Condition =
  | { kind: 'name'; name: string }
  | { kind: 'not'; of: Condition }
  | { kind: 'and' | 'or'; of: Condition[] }
  | { kind: 'some'; least: number; names: string[] };

const LONGEST = 20_000;
const DEEPEST = 200;
const KEYWORDS = new Set(['and', 'or', 'not']);

/** Parses `text` over the known `names`; throws `Fault` on field "condition". */
export function parseCondition(text: string, names: readonly string[]): Condition {
  const refuse = (fault: string, next: string): never => {
    throw new Fault('condition', fault, next);
  };
  if (text.length > LONGEST) refuse(`the condition is longer than ${LONGEST} characters`, 'split the rule');
  if (text.includes('|'))
    refuse('the condition uses the old pipe syntax', 'write a correlation rule instead');
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  let depth = 0;
  const is = (word: string, offset = 0) => tokens[at + offset]?.toLowerCase() === word;

  function chain(kind: 'and' | 'or', operand: () => Condition): Condition {
    const of = [operand()];
    while (is(kind)) {
      at++;
      of.push(operand());
    }
    return of.length === 1 ? of[0]! : { kind, of };
  }
  const disjunction = (): Condition => chain('or', conjunction);
  const conjunction = (): Condition => chain('and', negation);

  function negation(): Condition {
    if (!is('not')) return primary();
    at++;
    if (++depth > DEEPEST) refuse('the condition is nested too deeply', 'simplify it');
    const of = negation();
    depth--;
    return { kind: 'not', of };
  }

  function primary(): Condition {
    const token = tokens[at++];
    if (token === undefined) return refuse('the condition ends too early', 'complete the expression');
    if (token === '(') {
      if (++depth > DEEPEST) refuse('the condition is nested too deeply', 'simplify it');
      const inner = disjunction();
      if (tokens[at++] !== ')') refuse('a parenthesis is not closed', 'add the missing )');
      depth--;
      return inner;
    }
    if (token === ')' || KEYWORDS.has(token.toLowerCase()))
      return refuse(`"${token}" stands where a search identifier is expected`, 'complete the expression');
    if (is('of') && tokens[at + 1] !== undefined) {
      at++;
      return quantified(token.toLowerCase(), tokens[at++]!);
    }
    if (!names.includes(token)) return refuse(`"${token}" is not defined`, `use one of: ${names.join(', ')}`);
    return { kind: 'name', name: token };
  }

  function quantified(quantity: string, pattern: string): Condition {
    const matching = names.filter((name) => selects(pattern, name));
    if (matching.length === 0)
      return refuse(`nothing is named "${pattern}"`, `name search identifiers so: ${names.join(', ')}`);
    if (quantity === 'all') return { kind: 'some', least: matching.length, names: matching };
    if (quantity === 'any') return { kind: 'some', least: 1, names: matching };
    if (!/^[1-9]\d{0,3}$/.test(quantity))
      return refuse(`"${quantity} of" is not known`, 'write "1 of" or "all of"');
    const least = Number(quantity);
    if (least > matching.length)
      return refuse(
        `"${quantity} of ${pattern}" can never hold: ${matching.length} in all`,
        `write a number up to ${matching.length}, or "all of"`,
      );
    return { kind: 'some', least, names: matching };
  }

  const condition = disjunction();
  if (at < tokens.length) refuse(`"${tokens[at]}" follows a complete expression`, 'join it with and or or');
  return condition;
}

/** `them` and patterns leave out names that start with `_`, unless the pattern itself does. */
function selects(pattern: string, name: string): boolean {
  if (pattern.toLowerCase() === 'them') return !name.startsWith('_');
  if (name.startsWith('_') && !pattern.startsWith('_')) return false;
  const pieces = pattern.split('*');
  if (pieces.length === 1) return name === pattern;
  const first = pieces[0]!;
  const last = pieces.at(-1)!;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, from);
    if (found === -1) return false;
    from = found + piece.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}

/** Turns a condition into a function, given the test behind each name. */
export function compileCondition<T>(
  condition: Condition,
  leaf: (name: string) => (on: T) => boolean,
): (on: T) => boolean {
  if (condition.kind === 'name') return leaf(condition.name);
  if (condition.kind === 'not') {
    const inner = compileCondition(condition.of, leaf);
    return (on) => !inner(on);
  }
  if (condition.kind === 'some') {
    const tests = condition.names.map(leaf);
    const { least } = condition;
    if (least === 1) return (on) => tests.some((test) => test(on));
    if (least === tests.length) return (on) => tests.every((test) => test(on));
    return (on) => tests.reduce((count, test) => count + (test(on) ? 1 : 0), 0) >= least;
  }
  const tests = condition.of.map((one) => compileCondition(one, leaf));
  if (condition.kind === 'and') return (on) => tests.every((test) => test(on));
  return (on) => tests.some((test) => test(on));
}

/** The names that stand outside every negation. */
export function positiveNames(condition: Condition): string[] {
  if (condition.kind === 'name') return [condition.name];
  if (condition.kind === 'some') return condition.names;
  return condition.kind === 'not' ? [] : condition.of.flatMap(positiveNames);
}
