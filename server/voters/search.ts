// Finding voters inside a path: by exact PIN, by the beginning of the name in any order of words, by another spelling of
// the surname. Pages are followed by a cursor that can only continue the search it came from.
import type { Reader } from '#db/store.ts';
import { respell, type Voter } from './rules.ts';
import type { TypoIndex } from './typos.ts';

export interface Found {
  items: Voter[];
  next: string | null;
  count: number;
  approximate: boolean;
}

export async function findPin(reader: Reader, path: string, pin: string): Promise<Found> {
  const found = await reader.voters.byPin(pin);
  const items = found?.path.startsWith(path) && found.voter.status === 'listed' ? [found.voter] : [];
  return { items, next: null, count: items.length, approximate: false };
}

export async function findNames(
  reader: Reader,
  path: string,
  plan: { prefixes: string[]; words: string[] },
  after: { prefix: string; fold: string; id: string } | null,
  limit: number,
  typos: TypoIndex,
): Promise<Found> {
  // Threat: a cursor made by hand whose prefix is shorter than a search may be would read out the whole list.
  if (after && plan.prefixes.includes(after.prefix)) return page(reader, path, after.prefix, after, limit);
  for (const prefix of plan.prefixes) {
    const found = await page(reader, path, prefix, null, limit);
    if (found.items.length) return found;
  }
  // Other spellings: any word may be the surname. Only the nearest few, so that a guess never reads the list.
  const guesses = plan.words.flatMap((word, i) => {
    const words = [word, ...plan.words.filter((_, j) => j !== i)];
    return respell(words, typos.candidates(word).slice(0, 8));
  });
  const items: Voter[] = [];
  for (const prefix of guesses) {
    if (items.length >= limit) break;
    items.push(...(await reader.voters.page(path, prefix, null, limit - items.length)));
  }
  return { items, next: null, count: items.length, approximate: true };
}

async function page(
  reader: Reader,
  path: string,
  prefix: string,
  after: { fold: string; id: string } | null,
  limit: number,
): Promise<Found> {
  const rows = await reader.voters.page(path, prefix, after, limit + 1);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last ? writeCursor(prefix, last) : null;
  const count = after || rows.length > limit ? await reader.voters.count(path, prefix) : items.length;
  return { items, next, count, approximate: false };
}

/** A position in a result: goes back and forth in bodies only, never in a URL. */
function writeCursor(prefix: string, last: Voter): string {
  return Buffer.from(JSON.stringify([prefix, last.fold, last.id])).toString('base64url');
}
export function readCursor(text: string | undefined): { prefix: string; fold: string; id: string } | null {
  if (!text) return null;
  try {
    const parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown;
    if (!Array.isArray(parts)) return null;
    const [prefix, fold, id] = parts as unknown[];
    if (typeof prefix === 'string' && typeof fold === 'string' && typeof id === 'string')
      return { prefix, fold, id };
  } catch {
    // Not a cursor of ours: answered like an absent one, from the beginning.
  }
  return null;
}
