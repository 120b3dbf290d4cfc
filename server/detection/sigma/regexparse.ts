/**
 * Reads the regular expressions Sigma allows (anchors, `.`, classes, groups, alternation, quantifiers) and the
 * escapes that rules commonly use. Look-around, backreferences, possessive quantifiers and Unicode properties are
 * refused: without them every expression can be matched in linear time (see regex.ts).
 * Source: Sigma modifiers appendix 2.1, "Regular Expression".
 */
import { Fault } from './faults.ts';

export type Flags = { i: boolean; m: boolean; s: boolean };
export type CharSet = { ranges: readonly (readonly [number, number])[]; negated: boolean; fold: boolean };
export type Assertion = 'start' | 'end' | 'line-start' | 'line-end' | 'last' | 'word' | 'not-word';
export type Node =
  | { kind: 'set'; set: CharSet }
  | { kind: 'assert'; what: Assertion }
  | { kind: 'sequence'; of: Node[] }
  | { kind: 'either'; of: Node[] }
  | { kind: 'repeat'; of: Node; least: number; most: number };

const LONGEST = 2_000;
const DEEPEST = 100;
const MOST_REPEATS = 1_000;
const CLASSES: Record<string, [number, number][]> = {
  d: [[48, 57]],
  w: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  s: [
    [9, 13],
    [32, 32],
  ],
};
const CONTROLS: Record<string, number> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7, e: 27, '0': 0 };

function refuse(fault: string, next: string): never {
  throw new Fault('', `the regular expression ${fault}`, next);
}

const complement = (ranges: readonly (readonly [number, number])[]): [number, number][] => {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const holes: [number, number][] = [];
  let from = 0;
  for (const [low, high] of sorted) {
    if (low > from) holes.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  if (from <= 0x10ffff) holes.push([from, 0x10ffff]);
  return holes;
};

/** Parses `source` under `flags`; throws `Fault` naming what is not supported. */
export function parseRegex(source: string, flags: Flags): Node {
  if (source.length > LONGEST) refuse(`is longer than ${LONGEST} characters`, 'split it into several values');
  const chars = Array.from(source);
  let at = 0;
  let depth = 0;
  const peek = () => chars[at];
  const take = () => chars[at++];
  const setNode = (ranges: readonly (readonly [number, number])[], negated: boolean, on: Flags): Node => ({
    kind: 'set',
    set: { ranges, negated, fold: on.i },
  });

  function either(on: Flags): Node {
    if (++depth > DEEPEST) refuse('is nested too deeply', `nest at most ${DEEPEST} groups`);
    const local = { ...on };
    const branches: Node[] = [sequence(local)];
    while (peek() === '|') {
      take();
      branches.push(sequence(local));
    }
    depth--;
    return branches.length === 1 ? branches[0]! : { kind: 'either', of: branches };
  }

  function sequence(on: Flags): Node {
    const items: Node[] = [];
    while (at < chars.length && peek() !== '|' && peek() !== ')') {
      const atom = readAtom(on);
      if (atom) items.push(quantified(atom));
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', of: items };
  }

  function quantified(atom: Node): Node {
    const bounds = readQuantifier();
    if (!bounds) return atom;
    if (peek() === '?') take();
    else if (peek() === '+') refuse('has a possessive quantifier', 'write it without the second +');
    if (readQuantifier()) refuse('repeats a repetition', 'put the inner part into a group');
    return { kind: 'repeat', of: atom, least: bounds[0], most: bounds[1] };
  }

  function readQuantifier(): [number, number] | null {
    const char = peek();
    if (char === '*' || char === '+' || char === '?') {
      take();
      return [char === '+' ? 1 : 0, char === '?' ? 1 : Number.POSITIVE_INFINITY];
    }
    if (char !== '{') return null;
    const text = chars.slice(at, at + 12).join('');
    const found = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(text);
    if (!found) return null;
    at += found[0].length;
    const least = Number(found[1]);
    const most =
      found[2] === undefined ? least : found[3] === undefined ? Number.POSITIVE_INFINITY : Number(found[3]);
    if (most < least) refuse('has a repetition with its bounds reversed', 'write the smaller number first');
    if (least > MOST_REPEATS || (most > MOST_REPEATS && most !== Number.POSITIVE_INFINITY))
      refuse(`repeats more than ${MOST_REPEATS} times`, 'use a smaller bound');
    return [least, most];
  }

  function readAtom(on: Flags): Node | null {
    const char = take()!;
    if (char === '(') return group(on);
    if (char === '[') return readClass(on);
    if (char === '.') return setNode(on.s ? [] : [[10, 10]], true, { ...on, i: false });
    if (char === '^') return { kind: 'assert', what: on.m ? 'line-start' : 'start' };
    if (char === '$') return { kind: 'assert', what: on.m ? 'line-end' : 'end' };
    if (char === '*' || char === '+' || char === '?')
      refuse(`has nothing before ${char}`, `escape it as \\${char}`);
    if (char === '\\') return escaped(on);
    const point = char.codePointAt(0)!;
    return setNode([[point, point]], false, on);
  }

  function group(on: Flags): Node | null {
    let inside = on;
    if (peek() === '?') {
      take();
      const rest = chars.slice(at, at + 64).join('');
      const name = /^P?<[A-Za-z_]\w*>/.exec(rest);
      const switches = /^([ims]*)(?:-([ims]+))?([:)])/.exec(rest);
      if (name) at += name[0].length;
      else if (switches) {
        at += switches[0].length;
        const set = (flag: keyof Flags) =>
          switches[2]?.includes(flag) ? false : switches[1]?.includes(flag) ? true : on[flag];
        const next = { i: set('i'), m: set('m'), s: set('s') };
        if (switches[3] === ')') {
          Object.assign(on, next);
          return null;
        }
        inside = next;
      } else refuse('has look-around or another special group', 'use plain groups and alternation only');
    }
    const node = either(inside);
    if (take() !== ')') refuse('has an unclosed group', 'add the missing )');
    // A group of its own keeps a quantifier behind it from binding to the last item alone.
    return { kind: 'sequence', of: [node] };
  }

  function escaped(on: Flags): Node {
    const char = take();
    if (char === undefined) refuse('ends with a backslash', 'write \\\\ for a backslash');
    if (char === 'b' || char === 'B') return { kind: 'assert', what: char === 'b' ? 'word' : 'not-word' };
    if (char === 'A') return { kind: 'assert', what: 'start' };
    if (char === 'z' || char === 'Z') return { kind: 'assert', what: char === 'z' ? 'last' : 'end' };
    const named = CLASSES[char.toLowerCase()];
    if (named && /[dwsDWS]/.test(char))
      return setNode(named, char !== char.toLowerCase(), { ...on, i: false });
    const point = escapedPoint(char);
    return setNode([[point, point]], false, on);
  }

  function escapedPoint(char: string): number {
    if (/[1-9]/.test(char)) refuse('has a backreference', 'write the repeated text out');
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    if (char === 'x' || char === 'u') {
      const rest = chars.slice(at, at + 10).join('');
      const found =
        char === 'x'
          ? /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(rest)
          : /^([0-9a-fA-F]{4})/.exec(rest);
      if (!found) refuse(`has \\${char} without its digits`, 'write \\xHH, \\x{H…} or \\uHHHH');
      at += found[0].length;
      return Number.parseInt(found[1] ?? found[2] ?? '', 16);
    }
    if (/[A-Za-z]/.test(char))
      refuse(`has the unsupported escape \\${char}`, 'use the metacharacters of the Sigma appendix');
    return char.codePointAt(0)!;
  }

  function readClass(on: Flags): Node {
    const negated = peek() === '^';
    if (negated) take();
    const ranges: (readonly [number, number])[] = [];
    for (let first = true; first || peek() !== ']'; first = false) {
      if (at >= chars.length) refuse('has an unclosed class', 'add the missing ]');
      if (peek() === '[' && /[:.=]/.test(chars[at + 1] ?? ''))
        refuse('has a POSIX class', 'write the ranges, as in [a-z]');
      const low = classItem(ranges);
      if (low === null) continue;
      if (peek() === '-' && chars[at + 1] !== ']' && at + 1 < chars.length) {
        take();
        const high = classItem(ranges);
        if (high === null || high < low)
          refuse('has a reversed range in a class', 'write the smaller character first');
        ranges.push([low, high]);
      } else ranges.push([low, low]);
    }
    take();
    return setNode(ranges, negated, on);
  }

  /** One character of a class, or null after adding a whole class such as \d. */
  function classItem(ranges: (readonly [number, number])[]): number | null {
    const char = take()!;
    if (char !== '\\') return char.codePointAt(0)!;
    const next = take();
    if (next === undefined) refuse('ends with a backslash', 'write \\\\ for a backslash');
    const named = CLASSES[next.toLowerCase()];
    if (named && /[dwsDWS]/.test(next)) {
      ranges.push(...(next === next.toLowerCase() ? named : complement(named)));
      return null;
    }
    return next === 'b' ? 8 : escapedPoint(next);
  }

  const node = either(flags);
  if (at < chars.length) refuse('has a ) too many', 'remove it or escape it as \\)');
  return node;
}
