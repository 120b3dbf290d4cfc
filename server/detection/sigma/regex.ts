/**
 * Regular expressions that cannot be slow: the expression becomes a small automaton of which all states advance
 * together over the text, one character at a time, so the time is at most text × expression whatever either says.
 * JavaScript's own RegExp backtracks and one rule could stall the detection of everything; it is not used here.
 * Flavour: PCRE's meaning of `$`, ASCII `\d \w \s`; searches anywhere in the text.
 */
import { Fault } from './faults.ts';
import { type Assertion, type CharSet, type Flags, type Node, parseRegex } from './regexparse.ts';

type Step =
  | { op: 'char'; test: (point: number) => boolean }
  | { op: 'assert'; what: Assertion }
  | { op: 'fork'; to: number; or: number }
  | { op: 'go'; to: number }
  | { op: 'match' };

const MOST_STEPS = 5_000;

/** Compiles to a search over a text; throws `Fault` for what is not supported or too large. */
export function compileRegex(source: string, flags: Flags): (text: string) => boolean {
  const steps: Step[] = [];
  emit(parseRegex(source, flags), steps);
  steps.push({ op: 'match' });
  return (text) => search(steps, text);
}

function push(steps: Step[], step: Step): number {
  if (steps.length >= MOST_STEPS)
    throw new Fault(
      '',
      'the regular expression is too large once its repetitions are written out',
      'use smaller bounds',
    );
  return steps.push(step) - 1;
}

function emit(node: Node, steps: Step[]): void {
  if (node.kind === 'set') push(steps, { op: 'char', test: charTest(node.set) });
  else if (node.kind === 'assert') push(steps, { op: 'assert', what: node.what });
  else if (node.kind === 'sequence') for (const one of node.of) emit(one, steps);
  else if (node.kind === 'either') emitEither(node.of, steps);
  else emitRepeat(node.of, node.least, node.most, steps);
}

function emitEither(branches: readonly Node[], steps: Step[]): void {
  const exits: number[] = [];
  branches.forEach((branch, at) => {
    if (at === branches.length - 1) {
      emit(branch, steps);
      return;
    }
    const fork = push(steps, { op: 'fork', to: steps.length + 1, or: 0 });
    emit(branch, steps);
    exits.push(push(steps, { op: 'go', to: 0 }));
    steps[fork] = { op: 'fork', to: fork + 1, or: steps.length };
  });
  for (const exit of exits) steps[exit] = { op: 'go', to: steps.length };
}

function emitRepeat(of: Node, least: number, most: number, steps: Step[]): void {
  for (let i = 0; i < least; i++) {
    const before = steps.length;
    emit(of, steps);
    // What writes nothing writes nothing again. Threat: nested, such repetitions would be counted through for ever.
    if (steps.length === before) break;
  }
  if (most === Number.POSITIVE_INFINITY) {
    const fork = push(steps, { op: 'fork', to: 0, or: 0 });
    emit(of, steps);
    push(steps, { op: 'go', to: fork });
    steps[fork] = { op: 'fork', to: fork + 1, or: steps.length };
    return;
  }
  const forks: number[] = [];
  for (let i = least; i < most; i++) {
    forks.push(push(steps, { op: 'fork', to: 0, or: 0 }));
    emit(of, steps);
  }
  for (const fork of forks) steps[fork] = { op: 'fork', to: fork + 1, or: steps.length };
}

function charTest(set: CharSet): (point: number) => boolean {
  const within = (point: number) => set.ranges.some(([low, high]) => point >= low && point <= high);
  const plain = (point: number) => {
    if (within(point)) return true;
    if (!set.fold) return false;
    const char = String.fromCodePoint(point);
    return within(char.toLowerCase().codePointAt(0)!) || within(char.toUpperCase().codePointAt(0)!);
  };
  const ascii = Uint8Array.from({ length: 128 }, (_, point) => (plain(point) === set.negated ? 0 : 1));
  return (point) => (point < 128 ? ascii[point] === 1 : plain(point) !== set.negated);
}

function search(steps: readonly Step[], text: string): boolean {
  let current = new StepSet(steps.length);
  let next = new StepSet(steps.length);
  for (let at = 0; ; ) {
    if (follow(steps, current, 0, text, at)) return true;
    if (at >= text.length) return false;
    const point = text.codePointAt(at)!;
    const after = at + (point > 0xffff ? 2 : 1);
    next.clear();
    for (let i = 0; i < current.size; i++) {
      const index = current.list[i]!;
      const step = steps[index]!;
      if (step.op === 'char' && step.test(point) && follow(steps, next, index + 1, text, after)) return true;
    }
    [current, next] = [next, current];
    at = after;
  }
}

/** Adds a step and all it reaches without reading a character; true when that is a match. */
function follow(steps: readonly Step[], into: StepSet, from: number, text: string, at: number): boolean {
  const stack = [from];
  while (stack.length > 0) {
    const index = stack.pop()!;
    if (!into.add(index)) continue;
    const step = steps[index]!;
    if (step.op === 'match') return true;
    if (step.op === 'go') stack.push(step.to);
    else if (step.op === 'fork') stack.push(step.or, step.to);
    else if (step.op === 'assert' && asserts(step.what, text, at)) stack.push(index + 1);
  }
  return false;
}

function asserts(what: Assertion, text: string, at: number): boolean {
  if (what === 'start') return at === 0;
  if (what === 'line-start') return at === 0 || text[at - 1] === '\n';
  if (what === 'last') return at === text.length;
  if (what === 'end') return at === text.length || (at === text.length - 1 && text[at] === '\n');
  if (what === 'line-end') return at === text.length || text[at] === '\n';
  const boundary = isWord(text.charCodeAt(at - 1)) !== isWord(text.charCodeAt(at));
  return (what === 'word') === boundary;
}

function isWord(code: number): boolean {
  return (
    (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)
  );
}

/** A set of step numbers that is cleared in one assignment. */
class StepSet {
  readonly list: Int32Array;
  private readonly place: Int32Array;
  size = 0;
  constructor(capacity: number) {
    this.list = new Int32Array(capacity);
    this.place = new Int32Array(capacity);
  }
  add(index: number): boolean {
    const place = this.place[index]!;
    if (place < this.size && this.list[place] === index) return false;
    this.place[index] = this.size;
    this.list[this.size++] = index;
    return true;
  }
  clear(): void {
    this.size = 0;
  }
}
