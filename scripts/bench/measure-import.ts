// `import/sqlite-import`: rows a second of the whole import (parse, validate, fold, entries) of 200,000 generated voters
// against `.import` of the sqlite3 shell into the same table with its indexes and durability. The shell gets its columns
// ready made, so everything the import works out is ours to pay.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { benchCountry } from './country.ts';
import { median, type Ratio } from './ratio.ts';

const rows = 200_000;
const turns = 3;

export async function measureImport(): Promise<Ratio | { name: string; skipped: string }> {
  const name = 'import/sqlite-import';
  if (spawnSync('sqlite3', ['--version']).status !== 0)
    return { name, skipped: 'there is no sqlite3 shell on this machine' };
  const ours: number[] = [];
  const peers: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const country = await benchCountry(rows);
    ours.push(rows / country.importSeconds);
    peers.push(rows / shellImport(country.dir, country.databasePath));
    await country.remove();
  }
  return {
    name,
    ours: median(ours),
    peer: median(peers),
    ratio: median(ours.map((rate, i) => rate / peers[i]!)),
    goal: 0.5,
    unit: 'rows/s',
  };
}

/** Seconds the shell takes for the same rows into an empty copy of the table. */
function shellImport(dir: string, databasePath: string): number {
  const source = new Database(databasePath, { readonly: true });
  const csvPath = join(dir, 'ready.csv');
  const quote = (value: unknown) => `"${String(value).replaceAll('"', '""')}"`;
  const lines: string[] = [];
  for (const row of source.prepare('select * from voter').raw().iterate() as Iterable<unknown[]>)
    lines.push(row.map(quote).join(','));
  writeFileSync(csvPath, `${lines.join('\n')}\n`);
  const schema = source
    .prepare(`select sql from sqlite_schema where tbl_name = 'voter' and sql is not null order by type desc`)
    .pluck()
    .all() as string[];
  source.close();
  const target = join(dir, 'shell.sqlite');
  const fresh = new Database(target);
  fresh.pragma('journal_mode = WAL');
  fresh.exec(schema.join(';\n'));
  fresh.close();
  const started = performance.now();
  const done = spawnSync(
    'sqlite3',
    [target, 'pragma synchronous=FULL', '.mode csv', `.import ${csvPath} voter`],
    {
      encoding: 'utf8',
    },
  );
  const seconds = (performance.now() - started) / 1000;
  if (done.status !== 0 || done.stderr) throw new Error(`sqlite3: ${done.stderr.slice(0, 300)}`);
  const check = new Database(target, { readonly: true });
  const count = check.prepare('select count(*) from voter').pluck().get();
  check.close();
  if (count !== rows) throw new Error(`sqlite3 imported ${String(count)} of ${rows} rows`);
  rmSync(target);
  return seconds;
}
