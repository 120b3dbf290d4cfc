// Queries of the audit room, and of detection, which follows the same log. The trail is scoped by unit path in SQL.
import { and, asc, desc, eq, gt, gte, inArray, lt, or, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import type { Tables } from '../schema/tables.ts';
import { type TrailFilter, trailQueries } from './trail.ts';
import { trailRows } from './trail-rows.ts';

/** Canonical JSON begins with the act: no more of an entry is read to tell that it is another's. */
const beginningOf = (act: string) => Buffer.from(`{"act":${JSON.stringify(act)}`);

export function auditQueries(db: Db, t: Tables) {
  const { trail, entry, event, officer, officerVersion, commission } = t;
  const { tile, checkpoint, cosignature } = t;
  const p = sql.placeholder;

  const found = trailQueries(db, t);
  const { rowsOf } = trailRows(db, t);

  const asWritten = {
    seq: entry.seq,
    leaf: entry.leaf,
    // Not a join: see `withUnit` in voters.ts.
    json: sql<string | null>`(select v.json from event v where v.seq = entry.seq)`,
  };
  const isOf = (start: string, length: string) => sql`substr(${entry.leaf}, 1, ${p(length)}) = ${p(start)}`;
  const following = db.prepared(
    'audit.following',
    db
      .select(asWritten)
      .from(entry)
      .where(gte(entry.seq, p('from')))
      .orderBy(asc(entry.seq))
      .limit(p('limit')),
  );
  const ofAct = db.prepared(
    'audit.ofAct',
    db
      .select(asWritten)
      .from(entry)
      .where(and(gte(entry.seq, p('from')), lt(entry.seq, p('to')), isOf('start', 'length')))
      .orderBy(asc(entry.seq)),
  );
  const newestBefore = db.prepared(
    'audit.newestBefore',
    db
      .select(asWritten)
      .from(entry)
      .where(and(lt(entry.seq, p('before')), or(isOf('start', 'length'), isOf('other', 'otherLength'))))
      .orderBy(desc(entry.seq))
      .limit(1),
  );
  const unitsOf = db.prepared(
    'audit.units',
    db
      .select({
        code: commission.code,
        nameKy: commission.nameKy,
        nameRu: commission.nameRu,
        nameEn: commission.nameEn,
      })
      .from(commission)
      .where(db.among(commission.code, 'codes')),
  );
  const cursorOf = db.prepared(
    'audit.cursor',
    db
      .select()
      .from(t.cursor)
      .where(eq(t.cursor.name, p('name'))),
  );
  const fullTile = db.prepared(
    'audit.tile',
    db
      .select({ hashes: tile.hashes })
      .from(tile)
      .where(and(eq(tile.level, p('level')), eq(tile.idx, p('idx')))),
  );
  const tilesFrom = db.prepared(
    'audit.tiles',
    db
      .select({ idx: tile.idx, hashes: tile.hashes })
      .from(tile)
      .where(and(eq(tile.level, p('level')), gte(tile.idx, p('from')), lt(tile.idx, p('to'))))
      .orderBy(asc(tile.idx)),
  );
  const leafHashes = db.prepared(
    'audit.leafHashes',
    db
      .select({ hash: entry.leafHash })
      .from(entry)
      .where(and(gte(entry.seq, p('from')), lt(entry.seq, p('to'))))
      .orderBy(asc(entry.seq)),
  );
  const leaves = db.prepared(
    'audit.leaves',
    db
      .select({ leaf: entry.leaf })
      .from(entry)
      .where(and(gte(entry.seq, p('from')), lt(entry.seq, p('to'))))
      .orderBy(asc(entry.seq)),
  );
  const signed = db.prepared(
    'audit.signed',
    db.select().from(checkpoint).orderBy(desc(checkpoint.size)).limit(1),
  );
  const signedFrom = db.prepared(
    'audit.signedFrom',
    db
      .select()
      .from(checkpoint)
      .where(gte(checkpoint.size, p('size')))
      .orderBy(asc(checkpoint.size))
      .limit(1),
  );
  const cosigned = db.prepared(
    'audit.cosigned',
    db.select().from(cosignature).orderBy(desc(cosignature.size)).limit(p('limit')),
  );
  const linesOf = db.prepared(
    'audit.cosignaturesOf',
    db
      .select({ line: cosignature.line })
      .from(cosignature)
      .where(eq(cosignature.size, p('size'))),
  );
  const lastBy = db.prepared(
    'audit.cosignedBy',
    db
      .select({ size: cosignature.size })
      .from(cosignature)
      .where(eq(cosignature.witness, p('witness')))
      .orderBy(desc(cosignature.size))
      .limit(1),
  );

  return {
    /** Newest first, with leaf, event and the officer as they were then and are now. */
    async page(filter: TrailFilter, limit: number) {
      return rowsOf(await found.select(filter, limit));
    },
    async bySeqs(seqs: readonly number[]) {
      return rowsOf(seqs);
    },
    /** What an officer keeps of the explorer, oldest first; sealed. */
    async savedViews(officer: string) {
      return db
        .select({ id: t.savedView.id, sealed: t.savedView.sealed })
        .from(t.savedView)
        .where(eq(t.savedView.officer, officer))
        .orderBy(asc(t.savedView.createdAt), asc(t.savedView.id));
    },
    /** Counting over time, slice by slice (server/audit/histogram.ts). */
    countable: {
      ranges: found.ranges,
      count: found.count,
      countHours: found.countHours,
      momentOf: found.momentOf,
    },
    /** Ids of everybody who has, or ever had, this login. */
    async officersCalled(login: string): Promise<string[]> {
      const now = await db.select({ id: officer.id }).from(officer).where(eq(officer.login, login));
      const once = await db
        .selectDistinct({ id: officerVersion.officer })
        .from(officerVersion)
        .where(eq(officerVersion.login, login));
      return [...new Set([...now, ...once].map((row) => row.id))];
    },
    /** Entries that touched a voter, newest first, with the unit they were made in. */
    async accessesTo(voter: string, before: number, limit: number) {
      const touched = await found.select({ voter, before }, limit);
      const rows = await rowsOf(touched);
      const codes = [...new Set(rows.map((row) => row.trail.commission).filter((code) => code !== null))];
      const units = await unitsOf({ codes: db.list(codes) });
      const unitOf = new Map(units.map((unit) => [unit.code, unit]));
      return rows.map((row) => ({ ...row, unit: unitOf.get(row.trail.commission ?? '') ?? null }));
    },
    /** Entries as they were written, oldest first from `from` on; what detection reads. */
    async following(from: number, limit: number) {
      return following({ from, limit });
    },
    /** Those of one act among the entries from one to before another, told by themselves: passes over all the others. */
    async ofAct(act: string, from: number, to: number) {
      const start = beginningOf(act);
      return ofAct({ from, to, start, length: start.length });
    },
    /** The newest entry of one of two acts before a seq, found likewise. */
    async newestBefore([act, or]: readonly [string, string], before: number) {
      const [start, other] = [beginningOf(act), beginningOf(or)];
      const lengths = { length: start.length, otherLength: other.length };
      return (await newestBefore({ before, start, other, ...lengths }))[0] ?? null;
    },
    /** Some entries as they were written; at most a few hundred at a time. */
    async entriesAt(seqs: readonly number[]) {
      if (seqs.length === 0) return [];
      return db
        .select({ seq: entry.seq, leaf: entry.leaf, json: event.json })
        .from(entry)
        .leftJoin(event, eq(event.seq, entry.seq))
        .where(inArray(entry.seq, [...seqs]))
        .orderBy(asc(entry.seq));
    },
    firstSince: found.firstSince,
    latest: found.latest,
    async cursor(which: string) {
      return (await cursorOf({ name: which }))[0] ?? null;
    },
    /** The newest entries of any of these acts, with their events. */
    async newestOf(acts: readonly string[], limit: number) {
      return db
        .select({ seq: trail.seq, json: event.json })
        .from(trail)
        .innerJoin(event, eq(event.seq, trail.seq))
        .where(inArray(trail.act, [...acts]))
        .orderBy(desc(trail.seq))
        .limit(limit);
    },
    /** Entries about alerts after a seq, oldest first. */
    async actsAfter(acts: readonly string[], after: number, limit: number) {
      return db
        .select({ seq: trail.seq, act: trail.act, json: event.json })
        .from(trail)
        .innerJoin(event, eq(event.seq, trail.seq))
        .where(and(inArray(trail.act, [...acts]), eq(trail.outcome, 'done'), gt(trail.seq, after)))
        .orderBy(asc(trail.seq))
        .limit(limit);
    },
    /** 256 hashes of a complete tile, or null. */
    async tile(level: number, idx: number) {
      return (await fullTile({ level, idx }))[0]?.hashes ?? null;
    },
    async tiles(level: number, from: number, to: number) {
      return tilesFrom({ level, from, to });
    },
    async leafHashes(from: number, to: number) {
      return (await leafHashes({ from, to })).map((row) => row.hash);
    },
    async leaves(from: number, to: number) {
      return (await leaves({ from, to })).map((row) => row.leaf);
    },
    /** The newest signed checkpoint, or null before the first. */
    async lastCheckpoint() {
      return (await signed())[0] ?? null;
    },
    /** The smallest signed checkpoint of at least this size, or null. */
    async checkpointFrom(size: number) {
      return (await signedFrom({ size }))[0] ?? null;
    },
    /** Cosignatures of the newest checkpoints that have any, greatest size first. */
    async cosignatures(limit: number) {
      return cosigned({ limit });
    },
    /** Signature lines of those who cosigned the checkpoint of a size. */
    async cosignaturesOf(size: number) {
      return (await linesOf({ size })).map((row) => row.line);
    },
    /** The greatest size this witness (a verifier key) has cosigned, or null. */
    async cosignedBy(witness: string): Promise<number | null> {
      return (await lastBy({ witness }))[0]?.size ?? null;
    },
  };
}
