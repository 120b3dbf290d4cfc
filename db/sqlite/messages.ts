// What crosses between a SQLite store and its writer thread, kept cheap: most units are one entry without
// changes, and most answers are one seq.
import type { Predecessor } from '#server/lib/log/lineage.ts';
import type { Facts } from '../schema/facts.ts';
import type { Change, CommitUnit, EntryDraft } from '../store.ts';
import type { EntryBytes, WriteUnit } from '../writer/units.ts';
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
  | { kind: 'units'; packed: PackedUnits }
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

/** Units on their way to the writer. The bytes move from thread to thread; nobody else holds them then. */
export interface PackedUnits {
  units: number;
  /** Leaf, event, leaf, event … of all entries, and of each unit's entry in case of a conflict after its own. */
  bytes: ArrayBuffer;
  lengths: number[];
  /** Units that are more than one entry, by their place among all. */
  others: { at: number; changes: readonly Change[]; entries: number; onConflict: boolean }[];
}

const firstBytes = 64 * 1_024;
const keptBytes = 1_024 * 1_024;

/** Fills one message after another. */
export class UnitPacker {
  /** Filled anew for each message: memory never touched before costs more than the copy that is sent. */
  #bytes = Buffer.allocUnsafeSlow(firstBytes);
  #used = 0;
  #packed: Omit<PackedUnits, 'bytes'> = { units: 0, lengths: [], others: [] };

  /** Units waiting in the message. */
  get units(): number {
    return this.#packed.units;
  }

  /** The unit's entries have been checked (`checkEntries`). */
  add({ changes, entries, onConflict }: CommitUnit): void {
    const packed = this.#packed;
    if (changes.length > 0 || entries.length !== 1 || onConflict)
      packed.others.push({
        at: packed.units,
        changes,
        entries: entries.length,
        onConflict: onConflict !== undefined,
      });
    packed.units += 1;
    for (const entry of entries) this.#write(entry);
    if (onConflict) this.#write(onConflict);
  }

  take(): PackedUnits {
    const packed = { ...this.#packed, bytes: (this.#bytes.buffer as ArrayBuffer).slice(0, this.#used) };
    this.#packed = { units: 0, lengths: [], others: [] };
    // A salt kept here would open a commitment whose event was erased.
    if (this.#bytes.length > keptBytes) this.#bytes = Buffer.allocUnsafeSlow(firstBytes);
    else this.#bytes.fill(0, 0, this.#used);
    this.#used = 0;
    return packed;
  }

  #write({ leaf, event }: EntryDraft): void {
    const most = this.#used + (leaf.length + event.length) * 3;
    if (most > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(most, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#used);
      this.#bytes = larger;
    }
    for (const text of [leaf, event]) {
      const length = this.#bytes.write(text, this.#used, 'utf8');
      this.#packed.lengths.push(length);
      this.#used += length;
    }
  }
}

export function unpackUnits({ units, bytes, lengths, others }: PackedUnits): WriteUnit[] {
  const all = Buffer.from(bytes);
  let at = 0;
  let next = 0;
  const part = () => {
    const from = at;
    at += lengths[next++]!;
    return all.subarray(from, at);
  };
  const entry = (): EntryBytes => ({ leaf: part(), event: part() });
  let other = 0;
  return Array.from({ length: units }, (_, i): WriteUnit => {
    if (others[other]?.at !== i) return { changes: [], entries: [entry()] };
    const { changes, entries, onConflict } = others[other++]!;
    const own = Array.from({ length: entries }, entry);
    return { changes, entries: own, ...(onConflict && { onConflict: entry() }) };
  });
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
