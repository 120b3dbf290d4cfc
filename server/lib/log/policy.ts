// The witness policy of C2SP tlog-policy: which logs and witnesses are known, and which cosignatures are enough.
// A text file people write; read strictly, because who counts as a witness is decided here.

import { verifyCosignature } from './cosignature.ts';
import { formatVkey, type NoteSignature, parseVkey, type Refused, type Verifier } from './note.ts';

/** `name` is the policy's own word for it; `url` its submission prefix, where one is given. */
export type Witness = {
  readonly name: string;
  readonly verifier: Verifier;
  readonly url: string | null;
};

type Rule =
  | { readonly kind: 'witness'; readonly witness: Witness }
  | { readonly kind: 'group'; readonly atLeast: number; readonly members: readonly Rule[] };

export type Policy = {
  readonly logs: readonly Verifier[];
  readonly witnesses: readonly Witness[];
  /** null: no cosignature is asked for. */
  readonly quorum: Rule | null;
};

/** Asks for nobody: what holds where no policy is known. */
export const noWitnesses: Policy = { logs: [], witnesses: [], quorum: null };

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
  const witnesses: Witness[] = [];
  const named = new Map<string, Rule>();
  /** Each name belongs to one group at most, so that nobody counts twice. */
  const grouped = new Set<string>();
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
    if (keyword === 'log') {
      const key = readKey(rest, logs, [1]);
      if (typeof key === 'string') return key;
      logs.push(key.verifier);
      return null;
    }
    if (keyword === 'witness') {
      const [name, ...words] = rest;
      if (name === undefined) return 'the witness has no name';
      const key =
        nameFault(name) ??
        readKey(
          words,
          witnesses.map(({ verifier }) => verifier),
          [4, 6],
        );
      if (typeof key === 'string') return key;
      const witness = { name, ...key };
      witnesses.push(witness);
      named.set(name, { kind: 'witness', witness });
      return null;
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
    const taken = members.find((member) => grouped.has(member));
    if (taken !== undefined) return `${taken} is a member of another group already`;
    const number = threshold === 'any' ? 1 : threshold === 'all' ? members.length : Number(threshold);
    const written = threshold === 'any' || threshold === 'all' || String(number) === threshold;
    if (!written || !Number.isInteger(number) || number < 1 || number > members.length) {
      return 'the threshold is not all, any, or a number from 1 to the number of members';
    }
    for (const member of members) grouped.add(member);
    named.set(name, { kind: 'group', atLeast: number, members: rules.filter((rule) => rule !== undefined) });
    return null;
  }

  function nameFault(name: string): string | null {
    return name === 'none' || named.has(name) ? `the name ${name} is taken` : null;
  }
}

function readKey(
  [vkey, ...url]: readonly string[],
  others: readonly Verifier[],
  types: readonly number[],
): { verifier: Verifier; url: string | null } | string {
  if (vkey === undefined || url.length > 1) return 'a verifier key and at most a URL belong here';
  const parsed = parseVkey(vkey);
  if (parsed.kind === 'refused') return parsed.why;
  const { verifier } = parsed;
  if (!types.includes(verifier.type))
    return `a key of type ${types.join(' or ')} belongs here, not ${verifier.type}`;
  if (others.some((other) => other.publicKey.equals(verifier.publicKey))) return 'the same public key twice';
  return { verifier, url: url[0] ?? null };
}

/** Whether these cosigners, witnesses of this policy, are enough. */
export function meetsQuorum({ quorum }: Policy, cosigners: readonly Witness[]): boolean {
  const met = (rule: Rule): boolean =>
    rule.kind === 'witness'
      ? cosigners.includes(rule.witness)
      : rule.members.filter(met).length >= rule.atLeast;
  return quorum === null || met(quorum);
}

/** The quorum in words, by the policy's own names: `2 of (court, party, observers)`; null when none is asked for. */
export function describeQuorum({ quorum }: Policy): string | null {
  const say = (rule: Rule): string => {
    if (rule.kind === 'witness') return rule.witness.name;
    const members = rule.members.map(say);
    return members.length === 1 ? members[0]! : `${rule.atLeast} of (${members.join(', ')})`;
  };
  return quorum === null ? null : say(quorum);
}

export type Cosigned = {
  readonly kind: 'ok';
  readonly by: readonly { readonly witness: Witness; readonly timeSeconds: number }[];
  /** Signatures of keys the policy does not name: unchecked. */
  readonly unknown: readonly NoteSignature[];
};

/** Whose cosignatures stand, and whether they are enough for the policy. */
export type Witnessed = {
  /** By the names of their keys. */
  readonly witnesses: readonly { readonly name: string; readonly timeSeconds: number }[];
  /** The quorum in words; null when the policy asks for none. */
  readonly quorum: string | null;
  readonly quorumMet: boolean;
};

export function witnessedBy({ by }: Cosigned, policy: Policy): Witnessed {
  return {
    witnesses: by.map(({ witness, timeSeconds }) => ({ name: witness.verifier.name, timeSeconds })),
    quorum: describeQuorum(policy),
    quorumMet: meetsQuorum(
      policy,
      by.map(({ witness }) => witness),
    ),
  };
}

/** Checks the cosignatures on a checkpoint: each by a witness of the policy must stand, and stand once. */
export function checkCosignatures(
  body: string,
  signatures: readonly NoteSignature[],
  { witnesses }: Policy,
): Cosigned | Refused {
  const by: { witness: Witness; timeSeconds: number }[] = [];
  const unknown: NoteSignature[] = [];
  for (const signature of signatures) {
    const witness = witnesses.find(
      ({ verifier }) => verifier.name === signature.name && verifier.keyId === signature.keyId,
    );
    if (witness === undefined) {
      unknown.push(signature);
      continue;
    }
    if (by.some((one) => one.witness === witness))
      return { kind: 'refused', why: `two cosignatures by ${signature.name}` };
    const verdict = verifyCosignature(body, signature, witness.verifier);
    if (verdict.kind === 'refused') return verdict;
    by.push({ witness, timeSeconds: verdict.timeSeconds });
  }
  return { kind: 'ok', by, unknown };
}
