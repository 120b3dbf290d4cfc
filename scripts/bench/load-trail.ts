// Writes the long trail into a database of either engine that a store has just made. Triggers and indexes wait until all is in:
// this measures reading.
import Database from 'better-sqlite3';
import { connect } from '#db/postgres/connect.ts';
import { columns, longTrail, people, type TrailTables } from './long-trail.ts';

const batch = 20_000;
/** As the projections count them (db/writer/projections.ts). */
const hours = `
  insert into trail_hour
  select hour, min(seq), max(seq), count(*), sum(refused) from (
    select seq, hour, refused, sum(starts) over (partition by hour order by seq) as run from (
      select seq, "at" / 3600000 as hour, case when outcome <> 'done' then 1 else 0 end as refused,
        case when seq - lag(seq) over (partition by "at" / 3600000 order by seq) <= 1000 then 0 else 1 end as starts
      from trail) s) r
  group by hour, run`;
const acts = `
  insert into trail_count
  select act, outcome, case when commission is null then 0 else 1 end, "at" / 3600000, count(*)
  from trail group by 1, 2, 3, 4`;

type Rows = Partial<TrailTables>;
type Name = keyof TrailTables;

function* batches(entries: number): Generator<Rows> {
  for (const made of people()) yield made;
  for (let from = 0; from < entries; from += batch) yield longTrail(from, Math.min(entries, from + batch));
}

export function loadSqlite(path: string, entries: number): void {
  const db = new Database(path);
  try {
    db.pragma('synchronous = OFF');
    db.pragma('cache_size = -262144');
    const later = db
      .prepare(
        "select type, name, sql from sqlite_schema where sql is not null and (type = 'trigger' or (type = 'index' and tbl_name in ('trail', 'trail_voter')))",
      )
      .all() as { type: string; name: string; sql: string }[];
    for (const { type, name } of later) db.exec(`drop ${type} "${name}"`);
    const inserts = new Map(
      Object.entries(columns).map(([table, names]) => [
        table,
        db.prepare(`insert into ${table} (${names.join()}) values (${names.map(() => '?').join()})`),
      ]),
    );
    for (const rows of batches(entries))
      db.transaction(() => {
        for (const [table, made] of Object.entries(rows))
          for (const row of made) inserts.get(table)!.run(row);
      })();
    for (const { sql } of later) db.exec(sql);
    db.exec(hours);
    db.exec(acts);
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

export async function loadPostgres(url: string, entries: number): Promise<void> {
  const db = await connect(url, null);
  try {
    await db.query("set synchronous_commit = off; set maintenance_work_mem = '512MB'");
    const { rows: indexes } = await db.query<{ indexname: string; indexdef: string }>(
      "select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename in ('trail', 'trail_voter') and indexname not like '%pkey'",
    );
    await db.query(indexes.map(({ indexname }) => `drop index "${indexname}";`).join(''));
    await db.query('alter table entry disable trigger user');
    const types = new Map<string, string>();
    const { rows: known } = await db.query<{ at: string; type: string }>(
      "select table_name || '.' || column_name as at, data_type as type from information_schema.columns where table_schema = 'public'",
    );
    for (const { at, type } of known) types.set(at, type);
    const statement = (table: Name) =>
      `insert into ${table} (${columns[table].join()}) select * from unnest(${columns[table]
        .map((name, i) => `$${i + 1}::${types.get(`${table}.${name}`)}[]`)
        .join()})`;
    for (const rows of batches(entries)) {
      await db.query('begin');
      for (const [table, made] of Object.entries(rows) as [Name, unknown[][]][])
        if (made.length > 0)
          await db.query(
            statement(table),
            columns[table].map((_, i) => made.map((row) => row[i])),
          );
      await db.query('commit');
    }
    for (const { indexdef } of indexes) await db.query(indexdef);
    await db.query('alter table entry enable trigger user');
    await db.query(hours);
    await db.query(acts);
    await db.query('vacuum analyze');
    await db.query('checkpoint');
  } finally {
    await db.end();
  }
}
