/**
 * Names one slip of the hand away: a deletion dictionary over distinct folded names, with an edit check. Two words within
 * one edit (a letter left out, put in, changed, or swapped with its neighbour) always share a form with one letter
 * deleted, so every word is filed under itself and all its deletions; a query is looked up the same way, and what is found is
 * then compared letter by letter. Nothing within one edit is missed, and nothing beyond is returned.
 *
 * Works on folded text (server/lib/fold.ts) and knows names only, never whose they are. Filed as 32-bit hashes in typed
 * arrays, chained by bucket: 16 bytes a deletion, 20 to 33 MB for 100,000 surnames; equal hashes cost a comparison, not a fault.
 */

export interface TypoIndex {
  /** The dictionary's words within one edit of the query, the query itself included when it is a word; in alphabetical order. */
  candidates(query: string): string[];
  /** Files one more word; one already there is not filed twice. */
  add(word: string): void;
  /** Distinct words. */
  size(): number;
}

/** Longer texts are no names; they are neither filed nor looked up. */
const MAX_LENGTH = 100;
const NO_ENTRY = 0;

/** An index over the given folded words; more may be added later. */
export function buildTypoIndex(words: Iterable<string>): TypoIndex {
  const known: string[] = [];
  let heads = new Uint32Array(1 << 10);
  let hashes = new Uint32Array(1 << 10);
  let next = new Uint32Array(1 << 10);
  let owners = new Uint32Array(1 << 10);
  /** Entry 0 stands for "none". */
  let entries = 1;
  const forms = new Uint32Array(MAX_LENGTH + 1);

  /** Hashes of the word without its letter `skipped`, for every letter, then of the word itself; returns how many. */
  function hashForms(word: string): number {
    const length = word.length;
    for (let skipped = 0; skipped <= length; skipped++) {
      let hash = 0x811c9dc5;
      for (let at = 0; at < length; at++) {
        if (at !== skipped) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
      }
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
      forms[skipped] = (hash ^ (hash >>> 13)) >>> 0;
    }
    return length + 1;
  }

  function file(hash: number, owner: number): void {
    if (entries === hashes.length) grow();
    const bucket = hash & (heads.length - 1);
    hashes[entries] = hash;
    owners[entries] = owner;
    next[entries] = heads[bucket]!;
    heads[bucket] = entries++;
  }

  function grow(): void {
    const doubled = (old: Uint32Array<ArrayBuffer>) => {
      const larger = new Uint32Array(old.length * 2);
      larger.set(old);
      return larger;
    };
    [hashes, next, owners] = [doubled(hashes), doubled(next), doubled(owners)];
    heads = new Uint32Array(hashes.length);
    for (let entry = 1; entry < entries; entry++) {
      const bucket = hashes[entry]! & (heads.length - 1);
      next[entry] = heads[bucket]!;
      heads[bucket] = entry;
    }
  }

  /** Calls back with every word filed under the hash; a word may come more than once. */
  function eachFiled(hash: number, visit: (owner: number) => void): void {
    for (let entry = heads[hash & (heads.length - 1)]!; entry !== NO_ENTRY; entry = next[entry]!) {
      if (hashes[entry] === hash) visit(owners[entry]!);
    }
  }

  function isKnown(word: string, hash: number): boolean {
    let found = false;
    eachFiled(hash, (owner) => {
      found ||= known[owner] === word;
    });
    return found;
  }

  function add(word: string): void {
    if (word === '' || word.length > MAX_LENGTH) return;
    const count = hashForms(word);
    if (isKnown(word, forms[count - 1]!)) return;
    const owner = known.push(word) - 1;
    // «анна» without either н is the same form; equal neighbours need filing once.
    for (let at = 0; at < count; at++) if (at === 0 || forms[at] !== forms[at - 1]) file(forms[at]!, owner);
  }

  for (const word of words) add(word);

  return {
    candidates(query) {
      if (query === '' || query.length > MAX_LENGTH) return [];
      const count = hashForms(query);
      const found = new Set<string>();
      for (let at = 0; at < count; at++) {
        if (at > 0 && forms[at] === forms[at - 1]) continue;
        eachFiled(forms[at]!, (owner) => {
          const word = known[owner]!;
          if (isWithinOneEdit(query, word)) found.add(word);
        });
      }
      return [...found].sort();
    },
    add,
    size: () => known.length,
  };
}

/** Whether one insertion, deletion, change of a letter or swap of two neighbours, or nothing, turns one text into the other. */
export function isWithinOneEdit(one: string, other: string): boolean {
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  const extra = long.length - short.length;
  if (extra > 1) return false;
  let at = 0;
  while (at < short.length && short.charCodeAt(at) === long.charCodeAt(at)) at++;
  if (at === short.length) return true;
  if (extra === 1) return short.endsWith(long.slice(at + 1)) && long.length - at - 1 <= short.length - at;
  if (short.slice(at + 1) === long.slice(at + 1)) return true;
  const isSwap = short[at] === long[at + 1] && short[at + 1] === long[at];
  return isSwap && short.slice(at + 2) === long.slice(at + 2);
}
