// Reads the log as it is stored, page by page, for verification, export and proofs. Only selects; never repairs.
import type { EntryPage, EventPage, LogDatabaseSource } from '#server/lib/log/database-source.ts';
import { trailColumns } from '#server/lib/log/trail-entry.ts';
import {
  type ActCount,
  type HourCount,
  type StrayRows,
  type TrailSource,
  type TrailVoter,
  trailMarks,
} from '#server/lib/log/trail-source.ts';
import type { CosignatureSource, StoredCosignature } from '#server/lib/log/verify-cosignatures.ts';
import { tellingDamage } from './errors.ts';

export interface LogReader extends LogDatabaseSource, CosignatureSource, TrailSource {
  strayEvents(end: number): Promise<StrayRows | null>;
  /** The leaves from `from` up to, not including, `to`, in order. */
  readLeaves(from: number, to: number): AsyncIterable<Buffer>;
  /** The stored checkpoint of the greatest size; null before the first. */
  lastCheckpoint(): Promise<{ size: number; note: string } | null>;
  readEvents(from: number, to: number): Promise<{ seq: number; json: string }[]>;
}

/** Runs a query with `?` parameters and gives rows by column name. */
export type Select = <R>(text: string, params: (number | string)[]) => R[] | Promise<R[]>;

interface PageRow {
  first: number | null;
  last: number;
  count: number;
  leaves: Buffer;
  lengths: string;
  hashes: Buffer;
}

const leavesAtOnce = 1_024;

// A page of entries as one row of aggregates: handing over a thousand small rows costs three times as much.
const noHash = "'\\x0000000000000000000000000000000000000000000000000000000000000000'";
const pageQueries = {
  sqlite: `
    select min(seq) as first, max(seq) as last, count(*) as count,
      cast(group_concat(cast(leaf as text), '') as blob) as leaves,
      group_concat(length(leaf)) as lengths,
      cast(group_concat(cast(case length(leaf_hash) when 32 then leaf_hash else zeroblob(32) end as text), '') as blob) as hashes
    from (select seq, leaf, leaf_hash from entry where seq >= ? order by seq limit ?)`,
  postgres: `
    select min(seq) as first, max(seq) as last, count(*) as count,
      string_agg(leaf, ''::bytea order by seq) as leaves,
      string_agg(length(leaf)::text, ',' order by seq) as lengths,
      string_agg(case length(leaf_hash) when 32 then leaf_hash else ${noHash}::bytea end, ''::bytea order by seq) as hashes
    from (select seq, leaf, leaf_hash from entry where seq >= ? order by seq limit ?) page`,
};

// Lengths first: SQLite and PostgreSQL both tell them without touching a long text's own pages.
const eventQueries = {
  sqlite: {
    lengths: `
      select group_concat(seq) as seqs, group_concat(octet_length(json)) as lengths
      from (select seq, json from event where seq >= ? and seq < ? order by seq)`,
    texts: `
      select cast(group_concat(json, '') as blob) as texts
      from (select json from event where seq >= ? and seq < ? order by seq)`,
  },
  postgres: {
    lengths: `
      select string_agg(seq::text, ',' order by seq) as seqs, string_agg(octet_length(json)::text, ',' order by seq) as lengths
      from event where seq >= ? and seq < ?`,
    texts: `
      select string_agg(json, '' order by seq) as texts
      from event where seq >= ? and seq < ?`,
  },
};

const char = { sqlite: 'char', postgres: 'chr' } as const;

/** Rows of `trail` as `trailText` writes them. */
function trailQuery(engine: 'sqlite' | 'postgres'): string {
  const mark = (text: string) => `${char[engine]}(${text.charCodeAt(0)})`;
  const fields = trailColumns.map((column) => `coalesce(cast(${column} as text), ${mark(trailMarks.none)})`);
  const row = fields.join(` || ${mark(trailMarks.field)} || `);
  const rows = `select seq, ${row} as line from trail where seq >= ? and seq < ?`;
  return engine === 'sqlite'
    ? `select group_concat(line, ${mark(trailMarks.row)}) as rows from (${rows} order by seq)`
    : `select string_agg(line, ${mark(trailMarks.row)} order by seq) as rows from (${rows}) run`;
}

/** @throws LogDamaged from any of its calls when the pages cannot be read */
export function logReader(engine: 'sqlite' | 'postgres', run: Select): LogReader {
  const select: Select = <R>(text: string, params: (number | string)[]) =>
    tellingDamage(() => run<R>(text, params));
  const pageQuery = pageQueries[engine];
  const eventQuery = eventQueries[engine];
  const trailRows = trailQuery(engine);
  const strayIn = async (table: string, end: number): Promise<StrayRows | null> => {
    const [found] = await select<{ count: number; first: number | null }>(
      `select count(*) as count, min(seq) as first from ${table} where seq < 0 or seq >= ?`,
      [end],
    );
    return found!.first === null ? null : { table, count: found!.count, first: found!.first };
  };
  return {
    strayEvents: (end) => strayIn('event', end),
    async trailBuilt() {
      const [row] = await select<{ seq: number }>("select seq from cursor where name = 'trail'", []);
      return row?.seq ?? 0;
    },
    async readTrailText(from, to) {
      const [row] = await select<{ rows: string | null }>(trailRows, [from, to]);
      return row!.rows ?? '';
    },
    async strayTrail(end) {
      const found = [await strayIn('trail', end), await strayIn('trail_voter', end)];
      return found.filter((one) => one !== null);
    },
    readTrailVoters: (after, limit) =>
      select<TrailVoter>(
        'select voter, seq from trail_voter where (voter, seq) > (?, ?) order by voter, seq limit ?',
        [after?.voter ?? '', after?.seq ?? 0, limit],
      ),
    readHours: () =>
      select<HourCount>(
        'select hour, min(first) as first, max(last) as last, cast(sum(entries) as bigint) as entries, ' +
          'cast(sum(refused) as bigint) as refused from trail_hour group by hour',
        [],
      ),
    readActCounts: () =>
      select<ActCount>('select act, outcome, in_unit as "inUnit", hour, entries from trail_count', []),
    async counts() {
      const one = async (table: string) =>
        (await select<{ count: number }>(`select count(*) as count from ${table}`, []))[0]!.count;
      return {
        entries: await one('entry'),
        checkpoints: await one('checkpoint'),
        tiles: await select<{ level: number; count: number }>(
          'select level, count(*) as count from tile group by level order by level',
          [],
        ),
      };
    },
    async readEntries(from, limit): Promise<EntryPage | null> {
      const [row] = await select<PageRow>(pageQuery, [from, limit]);
      if (row === undefined || row.first === null) return null;
      const { first, last, count, leaves, hashes } = row;
      return { first, last, count, leaves, hashes, lengths: row.lengths.split(',').map(Number) };
    },
    readTiles: (level, from, limit) =>
      select<{ idx: number; hashes: Buffer }>(
        'select idx, hashes from tile where level = ? and idx >= ? order by idx limit ?',
        [level, from, limit],
      ),
    readCheckpoints: (from, limit) =>
      select<{ size: number; note: string }>(
        'select size, note from checkpoint where size >= ? order by size limit ?',
        [from, limit],
      ),
    readCosignatures: ({ size, witness }, limit) =>
      select<StoredCosignature>(
        'select s.size, s.witness, s.line, c.note from cosignature s left join checkpoint c on c.size = s.size ' +
          'where s.size > ? or (s.size = ? and s.witness > ?) order by s.size, s.witness limit ?',
        [size, size, witness, limit],
      ),
    async readEventPage(from, to, maxBytes): Promise<EventPage> {
      const found = await select<{ seqs: string | null; lengths: string }>(eventQuery.lengths, [from, to]);
      const { seqs: numbers, lengths: sizes } = found[0]!;
      if (numbers === null) return { seqs: [], texts: Buffer.alloc(0), lengths: [], until: to };
      const seqs = numbers.split(',').map(Number);
      const lengths = sizes.split(',').map(Number);
      let bytes = lengths[0]!;
      let count = 1;
      while (count < seqs.length && bytes + lengths[count]! <= maxBytes) bytes += lengths[count++]!;
      const until = seqs[count] ?? to;
      const [row] = await select<{ texts: Buffer | string }>(eventQuery.texts, [from, until]);
      // PostgreSQL's text is UTF-8 for certain; as bytea it would come as hex digits.
      const texts = Buffer.from(row!.texts as string);
      return { seqs: seqs.slice(0, count), texts, lengths: lengths.slice(0, count), until };
    },
    async readEvents(from, to) {
      return select<{ seq: number; json: string }>(
        'select seq, json from event where seq >= ? and seq < ? order by seq',
        [from, to],
      );
    },
    async *readLeaves(from, to) {
      for (let at = from; at < to; at += leavesAtOnce) {
        const rows = await select<{ leaf: Buffer }>(
          'select leaf from entry where seq >= ? and seq < ? order by seq',
          [at, Math.min(to, at + leavesAtOnce)],
        );
        for (const { leaf } of rows) yield leaf;
      }
    },
    async lastCheckpoint() {
      const rows = await select<{ size: number; note: string }>(
        'select size, note from checkpoint order by size desc limit 1',
        [],
      );
      return rows[0] ?? null;
    },
  };
}
