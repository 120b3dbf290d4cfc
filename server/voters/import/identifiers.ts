/**
 * Which identifiers this file has already brought, and in which row: so that a repeated one is refused naming the first.
 * Made for millions of rows: an open-addressing table in typed arrays, 12 bytes a slot (16 for foreign identifiers) at
 * most two thirds full, about 100 MB for 4.3 million voters, where a Map takes five times that.
 *
 * A PIN is its own key (14 digits fit a double exactly). A foreign identifier is kept as 85 bits of hashes: two different
 * ones among ten million meet with a chance below 1e-11, and then a row is refused visibly, not lost.
 */

const EMPTY = 0;

export interface SeenIdentifiers {
  /** The row that first brought this identifier, or 0 when it is new; then `row` (from 1) is remembered for it. */
  firstRow(identifier: string, row: number): number;
}

/** An empty set; `isNumeric` when every identifier is 14 digits. */
export function seenIdentifiers(isNumeric: boolean, initialSlots = 1 << 16): SeenIdentifiers {
  let slots = initialSlots;
  let count = 0;
  let keys = new Float64Array(slots);
  let rows = new Uint32Array(slots);
  let checks = isNumeric ? undefined : new Uint32Array(slots);

  /** The slot that holds the key, or the empty one where it belongs. */
  function slotOf(key: number, check: number): number {
    const mask = slots - 1;
    let slot = spread(key) & mask;
    while (rows[slot] !== EMPTY && (keys[slot] !== key || (checks !== undefined && checks[slot] !== check))) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  function grow(): void {
    const [oldKeys, oldRows, oldChecks] = [keys, rows, checks];
    slots *= 2;
    keys = new Float64Array(slots);
    rows = new Uint32Array(slots);
    checks = oldChecks && new Uint32Array(slots);
    for (let old = 0; old < oldRows.length; old++) {
      if (oldRows[old] === EMPTY) continue;
      const check = oldChecks?.[old] ?? 0;
      const slot = slotOf(oldKeys[old]!, check);
      keys[slot] = oldKeys[old]!;
      rows[slot] = oldRows[old]!;
      if (checks) checks[slot] = check;
    }
  }

  return {
    firstRow(identifier, row) {
      const key = isNumeric
        ? Number(identifier)
        : (hash(identifier, 0x9e3779b1) >>> 11) * 2 ** 32 + hash(identifier, 0x85ebca77);
      const check = isNumeric ? 0 : hash(identifier, 0xc2b2ae3d);
      const slot = slotOf(key, check);
      const first = rows[slot]!;
      if (first !== EMPTY) return first;
      keys[slot] = key;
      rows[slot] = row;
      if (checks) checks[slot] = check;
      if (++count * 3 > slots * 2) grow();
      return 0;
    },
  };
}

/** Where a key starts looking: PINs share long runs of digits, so both halves are mixed. */
function spread(key: number): number {
  let mixed = Math.imul((key % 4294967296) | 0, 0x9e3779b1) ^ Math.imul((key / 4294967296) | 0, 0x85ebca77);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}

/** 32 bits of a text, different for each seed (multiply and rotate per UTF-16 unit, then avalanche). */
function hash(text: string, seed: number): number {
  let mixed = seed ^ text.length;
  for (let at = 0; at < text.length; at++) {
    mixed = Math.imul(mixed ^ text.charCodeAt(at), 0xcc9e2d51);
    mixed = (mixed << 13) | (mixed >>> 19);
    mixed = (Math.imul(mixed, 5) + seed) | 0;
  }
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
