// The audit log's tables. `entry`, `tile`, `checkpoint` and `cosignature` are append-only (triggers on SQLite, grants and
// triggers on PostgreSQL); `event` and the projections may be erased and, for projections, rebuilt from `event`.
import type { Dialect } from '../dialect.ts';

export function logTables({ table, text, int, bytes, index, primaryKey }: Dialect) {
  return {
    /** One leaf per authorised act: canonical JSON bytes, stored verbatim. seq counts from 0 without gaps. */
    entry: table('entry', {
      seq: int('seq').primaryKey(),
      leaf: bytes('leaf').notNull(),
      leafHash: bytes('leaf_hash').notNull(),
    }),
    /** Full tiles only: 256 hashes of 32 bytes. */
    tile: table(
      'tile',
      { level: int('level').notNull(), idx: int('idx').notNull(), hashes: bytes('hashes').notNull() },
      (t) => [primaryKey({ columns: [t.level, t.idx] })],
    ),
    checkpoint: table('checkpoint', { size: int('size').primaryKey(), note: text('note').notNull() }),
    /** `witness` is the witness's whole verifier key, `line` its signature line as it stands in a note. */
    cosignature: table(
      'cosignature',
      { size: int('size').notNull(), witness: text('witness').notNull(), line: text('line').notNull() },
      (t) => [primaryKey({ columns: [t.size, t.witness] })],
    ),
    /** What a leaf must not hold: voter ids with their salts, changed fields, query text, case. Erasable. */
    event: table('event', { seq: int('seq').primaryKey(), json: text('json').notNull() }),
    /** Projection of leaf and event for the audit explorer; built behind the acknowledgement. */
    trail: table(
      'trail',
      {
        seq: int('seq').primaryKey(),
        at: int('at').notNull(),
        act: text('act').notNull(),
        outcome: text('outcome').notNull(),
        actor: text('actor'),
        role: text('role'),
        commission: text('commission'),
        session: text('session'),
        purpose: text('purpose'),
        caseId: text('case_id'),
        address: text('address'),
        policy: text('policy'),
        persons: int('persons').notNull(),
      },
      (t) => [
        index('trail_actor').on(t.actor, t.seq),
        index('trail_act').on(t.act, t.seq),
        index('trail_commission').on(t.commission, t.seq),
        index('trail_session').on(t.session, t.seq),
        index('trail_case').on(t.caseId, t.seq),
        index('trail_outcome').on(t.outcome, t.seq),
        index('trail_address').on(t.address, t.seq),
      ],
    ),
    /** Projection: which entries touched which voter ("who looked at this voter"). */
    trailVoter: table('trail_voter', { voter: text('voter').notNull(), seq: int('seq').notNull() }, (t) => [
      primaryKey({ columns: [t.voter, t.seq] }),
    ]),
    /**
     * Projection: the entries of each hour since 1970, counted, and between which seqs they lie; in more than one run where the
     * clock was moved. Entries follow each other by seq, not by time: this is what finds a time among millions without
     * reading the rest.
     */
    trailHour: table(
      'trail_hour',
      {
        hour: int('hour').notNull(),
        first: int('first').notNull(),
        last: int('last').notNull(),
        entries: int('entries').notNull(),
        /** Of these, those whose outcome is not `done`. */
        refused: int('refused').notNull(),
      },
      (t) => [primaryKey({ columns: [t.hour, t.first] })],
    ),
    /** Projection: entries of each hour by act, outcome and whether they name a unit (0/1). */
    trailCount: table(
      'trail_count',
      {
        act: text('act').notNull(),
        outcome: text('outcome').notNull(),
        inUnit: int('in_unit').notNull(),
        hour: int('hour').notNull(),
        entries: int('entries').notNull(),
      },
      (t) => [primaryKey({ columns: [t.act, t.outcome, t.inUnit, t.hour] })],
    ),
    /** How far each reader of the log has come: `trail`, `detection`. `mark` is the rule set's hash for detection. */
    cursor: table('cursor', {
      name: text('name').primaryKey(),
      seq: int('seq').notNull(),
      mark: text('mark').notNull(),
    }),
    /** Facts about this database: log origin, demo mark, fold version. */
    meta: table('meta', { key: text('key').primaryKey(), value: text('value').notNull() }),
  };
}
