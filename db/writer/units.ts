// Units of work as the writer takes them: the port's, with each entry as the bytes that are hashed and stored. Text is
// encoded once, where the unit is handed in.
import { maxLeafBytes } from '#server/lib/log/tiles.ts';
import { MalformedUnit } from '../changes.ts';
import type { Change, CommitUnit, EntryDraft } from '../store.ts';

/** UTF-8. */
export interface EntryBytes {
  readonly leaf: Buffer;
  readonly event: Buffer;
}

export interface WriteUnit {
  readonly changes: readonly Change[];
  readonly entries: readonly EntryBytes[];
  readonly onConflict?: EntryBytes;
}

/** @throws MalformedUnit for what is no entry: not text, no UTF-8 form, or too long for an entry bundle's prefix */
export function checkEntry({ leaf, event }: EntryDraft): void {
  if (typeof leaf !== 'string' || typeof event !== 'string')
    throw new MalformedUnit('an entry is a leaf and an event, both text');
  if (!leaf.isWellFormed()) throw new MalformedUnit('a leaf holds a lone surrogate');
  // UTF-8 needs at most three bytes for a UTF-16 unit, so short leaves need no counting.
  if (leaf.length * 3 > maxLeafBytes && Buffer.byteLength(leaf) > maxLeafBytes)
    throw new MalformedUnit(`a leaf has more than ${maxLeafBytes} bytes`);
}

/** @throws MalformedUnit */
export function checkEntries({ entries, onConflict }: CommitUnit): void {
  for (const entry of entries) checkEntry(entry);
  if (onConflict) checkEntry(onConflict);
}

/** The unit's entries have been checked. */
export function encodeUnit({ changes, entries, onConflict }: CommitUnit): WriteUnit {
  const encode = ({ leaf, event }: EntryDraft) => ({ leaf: Buffer.from(leaf), event: Buffer.from(event) });
  return {
    changes,
    entries: entries.map(encode),
    ...(onConflict && { onConflict: encode(onConflict) }),
  };
}
