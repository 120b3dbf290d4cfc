// Reads a stored entry into objects. What is not JSON gives an empty entry: verification is where damage shows, and detection
// must not stop at it.
import type { StoredEntry } from './enrich.ts';

export function parseEntry(row: { seq: number; leaf: Uint8Array; json: string | null }): StoredEntry {
  return {
    seq: row.seq,
    leaf: parsed(Buffer.from(row.leaf).toString('utf8')),
    event: row.json === null ? {} : (parsed(row.json) as StoredEntry['event']),
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
