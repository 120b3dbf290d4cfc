// The witness policy of C2SP tlog-policy: which logs and witnesses are known, and which cosignatures are enough.
// A text file people write; read strictly, because who counts as a witness is decided here.

import { formatVkey, parseVkey, type Refused, type Verifier } from './note.ts';

type Rule =
  | { readonly kind: 'witness'; readonly verifier: Verifier }
  | { readonly kind: 'group'; readonly atLeast: number; readonly members: readonly Rule[] };

export type Policy = {
  readonly logs: readonly Verifier[];
  readonly witnesses: readonly Verifier[];
  /** null: no cosignature is asked for. */
  readonly quorum: Rule | null;
};

/** The policy of a log that has no witnesses yet. */
export function policyWithoutWitnesses(log: Verifier): string {
  return `log ${formatVkey(log)}\nquorum none\n`;
}

/** Reads a policy; a refusal names the line. */
export function parsePolicy(text: string): { readonly kind: 'ok'; readonly policy: Policy } | Refused {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the policy format forbids exactly these.
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) {
    return { kind: 'refused', why: 'the policy holds a control character' };
  }
  if (text !== '' && !text.endsWith('\n')) return { kind: 'refused', why: 'the last line has no newline' };
  const logs: Verifier[] = [];
  const witnesses: Verifier[] = [];
  const named = new Map<string, Rule>();
  let quorum: Rule | null | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    if (words.length === 0 || words[0]!.startsWith('#')) continue;
    const fault = readLine(words);
    if (fault !== null) return { kind: 'refused', why: `line ${i + 1}: ${fault}` };
  }
  if (quorum === undefined) return { kind: 'refused', why: 'there is no quorum line' };
  return { kind: 'ok', policy: { logs, witnesses, quorum } };

  function readLine(words: readonly string[]): string | null {
    const [keyword, ...rest] = words;
    if (keyword === 'log') return readKey(rest, logs, 1);
    if (keyword === 'witness') {
      const [name, ...key] = rest;
      const fault =
        name === undefined ? 'the witness has no name' : (nameFault(name) ?? readKey(key, witnesses, 4));
      if (fault === null) named.set(name!, { kind: 'witness', verifier: witnesses.at(-1)! });
      return fault;
    }
    if (keyword === 'group') return readGroup(rest);
    if (keyword !== 'quorum') return `"${keyword}" is none of log, witness, group and quorum`;
    if (quorum !== undefined) return 'a second quorum';
    if (rest.length !== 1) return 'a quorum is one name';
    const rule = rest[0] === 'none' ? null : named.get(rest[0]!);
    if (rule === undefined) return `${rest[0]} is not defined above`;
    quorum = rule;
    return null;
  }

  function readGroup([name, threshold, ...members]: readonly string[]): string | null {
    if (name === undefined || threshold === undefined) return 'a group is a name, a threshold and members';
    const fault = nameFault(name);
    if (fault !== null) return fault;
    const rules = members.map((member) => named.get(member));
    const unknown = members.find((_, i) => rules[i] === undefined);
    if (unknown !== undefined) return `${unknown} is not defined above`;
    if (new Set(members).size !== members.length) return 'a member is named twice';
    const number = threshold === 'any' ? 1 : threshold === 'all' ? members.length : Number(threshold);
    const written = threshold === 'any' || threshold === 'all' || String(number) === threshold;
    if (!written || !Number.isInteger(number) || number < 1 || number > members.length) {
      return 'the threshold is not all, any, or a number from 1 to the number of members';
    }
    named.set(name, { kind: 'group', atLeast: number, members: rules.filter((rule) => rule !== undefined) });
    return null;
  }

  function nameFault(name: string): string | null {
    return name === 'none' || named.has(name) ? `the name ${name} is taken` : null;
  }
}

function readKey([vkey, ...url]: readonly string[], into: Verifier[], type: number): string | null {
  if (vkey === undefined || url.length > 1) return 'a verifier key and at most a URL belong here';
  const parsed = parseVkey(vkey);
  if (parsed.kind === 'refused') return parsed.why;
  const { verifier } = parsed;
  if (verifier.type !== type) return `a key of type ${type} belongs here, not ${verifier.type}`;
  if (into.some((other) => other.publicKey.equals(verifier.publicKey))) return 'the same public key twice';
  into.push(verifier);
  return null;
}

/** Whether these cosigners are enough. */
export function meetsQuorum({ quorum }: Policy, cosigners: readonly Verifier[]): boolean {
  const met = (rule: Rule): boolean =>
    rule.kind === 'witness'
      ? cosigners.includes(rule.verifier)
      : rule.members.filter(met).length >= rule.atLeast;
  return quorum === null || met(quorum);
}
