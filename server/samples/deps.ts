// What the samples room is handed by others, and what its use cases share.
import type { Reader, Row } from '#db/store.ts';
import type { TrailItem } from '#server/contract/audit.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { leafHash } from '#server/lib/log/merkle.ts';
import type { Flag } from '#server/policy/relation.ts';
import { FixFacts, factsOf, readLeaf } from './facts.ts';
import type { SamplingPolicy } from './policy-file.ts';
import { type Tied, tiesOf } from './rules.ts';

export interface SampleDeps {
  gate: Gate;
  policy: SamplingPolicy;
  /** A signed note over at least that many entries; signs one if there is none. */
  checkpoint(size?: number): Promise<{ size: number; note: string }>;
  /** Entries as this officer may see them, oldest first. */
  timeline(ctx: Context, reader: Reader, seqs: readonly number[]): Promise<TrailItem[]>;
}

export type Sample = Row<'sample'>;
export type Item = Row<'sampleItem'>;
export interface FoundItem {
  item: Item;
  sample: Sample;
  tied: Tied;
}

/** Samples belong to the top of the tree: they draw from everybody. Empty for somebody without a unit. */
export function topOf({ actor }: Context): string {
  const code = actor?.path.split('/')[1];
  return code ? `/${code}/` : '';
}

/** A checkpoint's size and base64 root: the second and third line of its note. */
export function headOf({ size, note }: { size: number; note: string }): { size: number; root: string } {
  return { size, root: note.split('\n')[2] ?? '' };
}

export interface Fixed {
  facts: FixFacts;
  /** Hex leaf hash of the entry that fixed the period. */
  hash: string;
}

/** What was fixed, from the log: the stored row only says where to look, and must agree. */
export async function fixedBy(reader: Reader, sample: Sample): Promise<Fixed | Refusal> {
  const [entry] = await reader.audit.entriesAt([sample.fixEntry]);
  const leaf = entry && readLeaf(entry.leaf);
  const facts = leaf?.act === 'audit.sample-fix' ? factsOf(FixFacts, leaf) : null;
  const agrees =
    facts !== null &&
    facts.number === sample.number &&
    facts.first === sample.first &&
    facts.next === sample.next &&
    facts.n === sample.wanted &&
    facts.population === sample.population;
  if (!entry || !agrees)
    return refuse('wrong-state', {
      detail: 'The stored sample is not what the log recorded: run kuzot audit verify before going on',
    });
  return { facts, hash: leafHash(entry.leaf).toString('hex') };
}

/** How these officers are tied to each other and to everybody else. */
export async function tiesAround(reader: Reader, officers: readonly string[]): Promise<Tied> {
  const ids = [...new Set(officers)];
  return tiesOf({
    makers: await reader.samples.makers(ids),
    approvals: await reader.samples.approvedWith(ids),
  });
}

/** Facts about this officer and this drawn entry that policies ask for. */
export function flagsOf(ctx: Context, { item, tied }: FoundItem, act: 'find' | 'sign'): Flag[] {
  const me = ctx.actor?.id ?? '';
  const flags: Flag[] = [];
  if (item.actor === me) flags.push('own-act');
  if (tied(me, item.actor) === 'closely') flags.push('tied');
  if ((act === 'find' ? item.reviewer : item.signer) === me) flags.push('assigned');
  if (item.foundBy === me) flags.push('judged');
  return flags;
}

/** Names by officer id; an id nobody has stands for itself. */
export async function namesOf(reader: Reader, ids: readonly (string | null)[]) {
  const known = await reader.alerts.officers([...new Set(ids.filter((id) => id !== null))]);
  const names = new Map(
    known.map(({ id, login, surname, givenName, patronymic }) => [
      id,
      { login, name: `${surname} ${givenName} ${patronymic}`.trim() },
    ]),
  );
  return (id: string | null) => (id === null ? null : (names.get(id) ?? { login: id, name: id }));
}
