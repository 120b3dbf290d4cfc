// Compares the tiles a log has stored with those its entries give, in the order they are completed.

import type { LogDatabaseSource } from './database-source.ts';
import { hashBytes } from './merkle.ts';
import { type Broken, broken } from './outside.ts';
import { type CompletedTile, tileBytes, tileLevels, tileWidth } from './tiles.ts';

const tilesAtOnce = 64;

type Ahead = { rows: readonly { idx: number; hashes: Uint8Array }[]; at: number };

export class StoredTiles {
  readonly #source: LogDatabaseSource;
  /** Per level, what was read ahead. */
  readonly #levels: Ahead[] = [];

  constructor(source: LogDatabaseSource) {
    this.#source = source;
  }

  /** Tiles as the entries give them, each level in order of idx. */
  async check(completed: readonly CompletedTile[]): Promise<Broken | null> {
    for (const { level, idx, hashes } of completed) {
      const stored = await this.#next(level, idx);
      const where = `tile ${level}/${idx}`;
      if (stored === null) return broken(where, 'is missing');
      if (hashes.equals(stored)) continue;
      if (stored.length !== tileBytes) return broken(where, `has ${stored.length} bytes, not ${tileBytes}`);
      let at = 0;
      while (hashes.subarray(at, at + hashBytes).equals(stored.subarray(at, at + hashBytes))) at += hashBytes;
      const column = at / hashBytes;
      const of =
        level === 0 ? `entry ${idx * tileWidth + column}` : `tile ${level - 1}/${idx * tileWidth + column}`;
      return broken(where, `hash ${column} is not that of ${of}`);
    }
    return null;
  }

  /** After the last entry: no tile beyond those compared. */
  async checkCounts(
    size: number,
    counts: readonly { level: number; count: number }[],
  ): Promise<Broken | null> {
    const shapes = tileLevels(size);
    for (const { level, count } of counts) {
      const full = shapes.find((shape) => shape.level === level)?.full ?? 0;
      if (count === full) continue;
      const [extra] = await this.#source.readTiles(level, full, 1);
      if (extra === undefined) return broken(`tiles of level ${level}`, `are ${count}, not ${full}`);
      return broken(`tile ${level}/${extra.idx}`, `does not belong to a log of ${size} entries`);
    }
    return null;
  }

  async #next(level: number, idx: number): Promise<Uint8Array | null> {
    this.#levels[level] ??= { rows: [], at: 0 };
    const ahead = this.#levels[level];
    if (ahead.at === ahead.rows.length) {
      ahead.rows = await this.#source.readTiles(level, idx, tilesAtOnce);
      ahead.at = 0;
    }
    const row = ahead.rows[ahead.at];
    if (row?.idx !== idx) return null;
    ahead.at++;
    return row.hashes;
  }
}
