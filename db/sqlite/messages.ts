// What crosses between a SQLite store and its writer thread, kept cheap to copy: most units are one entry without
// changes, and most answers are one seq.
import type { Predecessor } from '#server/lib/log/lineage.ts';
import type { Facts } from '../schema/facts.ts';
import type { CommitUnit } from '../store.ts';
import type { UnitAnswer, WriterStatus } from '../writer/writer.ts';

export interface WriterSettings {
  path: string;
  origin: string;
  signingKeyPem: string;
  headFile: string;
  extensions: readonly string[];
  predecessors: readonly Predecessor[];
  recovering: boolean;
  facts: Facts;
}

export type ToWriter =
  | { kind: 'units'; packed: PackedUnit[] }
  | { kind: 'checkpoint'; id: number; size: number | undefined }
  | { kind: 'settle'; id: number }
  | { kind: 'rebuild'; id: number }
  | { kind: 'tidy'; id: number; compact: boolean }
  | { kind: 'close' };

export type FromWriter =
  | { kind: 'ready'; status: WriterStatus }
  | { kind: 'refused'; name: string; message: string }
  | { kind: 'answers'; packed: PackedAnswer[]; size: number; changed: boolean }
  | { kind: 'status'; status: WriterStatus }
  | { kind: 'reply'; id: number; value?: { size: number; note: string } }
  | { kind: 'failed'; id: number; name: string; message: string }
  | { kind: 'closed' };

/** A leaf, whose event is the next element; or a whole unit. */
export type PackedUnit = string | CommitUnit;

export function packUnit(into: PackedUnit[], unit: CommitUnit): void {
  const entry = unit.entries[0];
  if (unit.changes.length === 0 && unit.entries.length === 1 && entry !== undefined)
    into.push(entry.leaf, entry.event);
  else into.push(unit);
}

export function unpackUnits(packed: readonly PackedUnit[]): CommitUnit[] {
  const units: CommitUnit[] = [];
  for (let i = 0; i < packed.length; i++) {
    const unit = packed[i]!;
    units.push(
      typeof unit === 'string'
        ? { changes: [], entries: [{ leaf: unit, event: packed[++i] as string }] }
        : unit,
    );
  }
  return units;
}

/** The seq of a unit's only entry, when it was simply done; or the whole answer. */
export type PackedAnswer = number | UnitAnswer;

export function packAnswer(answer: UnitAnswer): PackedAnswer {
  return answer.kind === 'done' && answer.seqs.length === 1 && answer.skipped.length === 0
    ? answer.seqs[0]!
    : answer;
}

export function unpackAnswer(packed: PackedAnswer): UnitAnswer {
  return typeof packed === 'number' ? { kind: 'done', seqs: [packed], skipped: [] } : packed;
}
