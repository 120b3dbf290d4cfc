// `explorer-first-page`: the slowest filter's p99, in milliseconds, of what the explorer's first page asks of the database
// and makes of it (the page's entries with leaf, event, officer then, session and its length, as JSON), over five
// million entries, on both engines. The entry such a request makes of itself is measured elsewhere (`audited-get`), the
// histogram's counts are not in it. The trail is generated straight into the tables (long-trail.ts).
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openReader, openStore } from '#db/open.ts';
import { startEmbeddedPostgres } from '#db/postgres/embedded.ts';
import type { Reader } from '#db/store.ts';
import { showEntry } from '#server/audit/trail.ts';
import { createKeys, loadKeys } from '#server/keys.ts';
import { storeOptions } from '#server/main.ts';
import { loadPostgres, loadSqlite } from './load-trail.ts';
import { dice, longTrail, precinct, territories, territory, voterId } from './long-trail.ts';
import type { Ratio } from './ratio.ts';

const page = 100;
const goalMs = 100;
/** Requests per filter, each with another value where there are as many; p99 is the second slowest. */
const asked = 200;

type Filter = Parameters<Reader['audit']['page']>[0];

export async function measureExplorer(entries = 5_000_000): Promise<Ratio> {
  const dir = mkdtempSync(join(tmpdir(), 'kuzot-bench-'));
  createKeys(join(dir, 'keys'), 'bench.kuzot.invalid/log');
  const keys = loadKeys(join(dir, 'keys'));
  const detail: Record<string, number> = {};
  /** Of the last minute, after each engine: others' work is in the times. */
  const loads: number[] = [];
  const measure = async (engine: string, url: string, load: () => Promise<void> | void) => {
    const store = await openStore(url, { ...storeOptions(keys, Date.now), create: true });
    await store.close();
    rmSync(keys.headFile, { force: true });
    await load();
    const { reader, close } = await openReader(url);
    try {
      // A server's connections stand open.
      await timesOf(reader, [{}]);
      for (const [name, filters] of Object.entries(filtersOf(entries)))
        detail[`${engine} ${name}`] = p99(await timesOf(reader, filters));
      loads.push(loadavg()[0]!);
    } finally {
      await close();
    }
  };
  const sqlite = join(dir, 'trail.sqlite');
  // A folder of its own: PostgreSQL runs as another user and must be able to pass through.
  const dataDir = `${dir}-postgres`;
  try {
    await measure('sqlite', `sqlite:${sqlite}`, () => loadSqlite(sqlite, entries));
    const server = await startEmbeddedPostgres({ dataDir, persistent: false });
    try {
      const url = await server.database('trail');
      await measure('postgres', url, () => loadPostgres(url, entries));
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
    rmSync(dataDir, { recursive: true, force: true });
  }
  const ours = Math.max(...Object.values(detail));
  return {
    name: 'explorer-first-page',
    ours,
    peer: goalMs,
    ratio: ours / goalMs,
    goal: 1,
    atMost: true,
    unit: `ms, p99 of the slowest filter; load average ${loads.map((one) => one.toFixed(1)).join(' and ')}`,
    detail,
  };
}

/** The values asked for are drawn from all over the trail, so rare and long past ones are among them. */
export function filtersOf(entries: number): Record<string, Filter[]> {
  const roll = dice(20_25);
  const some = <T>(make: (row: Row) => T) => Array.from({ length: asked }, () => make(rowAt(roll(entries))));
  const times = some((row) => row.at);
  const acts = [
    ...new Set(some((row) => row.act)),
    'calendar.set',
    'list.import',
    'list.print',
    'system.backup',
  ];
  const each = <T>(values: readonly T[]) =>
    Array.from({ length: asked }, (_, i) => values[i % values.length]!);
  const day = 86_400_000;
  return {
    none: each<Filter>([{}]),
    officer: some((row) => ({ actors: [row.actor] })),
    act: each(acts.map((act) => ({ act }))),
    outcome: each(['done', 'denied', 'conflict'].map((outcome) => ({ outcome }))),
    territory: each(Array.from({ length: territories }, (_, t) => ({ within: `/CEC/${territory(t)}/` }))),
    precinct: some(() => {
      const t = roll(territories);
      return { within: `/CEC/${territory(t)}/${precinct(t, roll(46))}/` };
    }),
    'own territory': each(Array.from({ length: territories }, (_, t) => ({ path: `/CEC/${territory(t)}/` }))),
    session: some((row) => ({ session: row.session })),
    voter: [...some(() => ({ voter: voterId(roll(1_000_000)) })).slice(1), { voter: voterId(0) }],
    case: some(() => ({ caseId: `application-${roll(Math.floor(entries / 30))}-000000000000` })),
    address: [...some((row) => ({ address: row.address })).slice(1), { address: '10.254.0.1' }],
    from: times.map((from) => ({ from })),
    to: times.map((to) => ({ to })),
    'from and to': times.map((from, i) => ({ from, to: from + [day / 24, day, 30 * day][i % 3]! })),
    'later page': times.map((_, i) => ({
      act: 'voter.view',
      before: Math.floor((entries / asked) * i) + 1_000,
    })),
    nothing: each<Filter>([
      { actors: ['nobody'] },
      { actors: [] },
      { act: 'nothing.done' },
      { outcome: 'unheard' },
      { within: '/CEC/T99/' },
      { session: 'none' },
      { voter: 'none' },
      { caseId: 'none' },
      { address: '192.0.2.1' },
      { from: times[0]! + 1_000 * day },
      { to: times[0]! - 1_000 * day },
      // Entries are made by day: this is a night's.
      { from: nightMs, to: nightMs + day / 24 },
      { from: times[1]!, to: times[1]! + 1 },
      { before: 0 },
    ]),
    everything: each<Filter>([
      { path: '/CEC/' },
      { within: '/CEC/' },
      { from: 0 },
      { to: times[0]! + 1_000 * day },
      { outcome: 'done' },
      { before: entries },
    ]),
  };
}

const nightMs = Date.UTC(2025, 1, 6, 20);

interface Row {
  at: number;
  act: string;
  actor: string;
  session: string;
  address: string;
}

function rowAt(seq: number): Row {
  const [, at, act, , actor, , , session, , , address] = longTrail(seq, seq + 1).trail[0]!;
  return { at, act, actor, session, address } as Row;
}

const p99 = (ascending: readonly number[]) => ascending[Math.ceil(ascending.length * 0.99) - 1]!;

/** Milliseconds of each request, ascending. */
export async function timesOf(reader: Reader, filters: readonly Filter[]): Promise<number[]> {
  const took: number[] = [];
  for (const filter of filters) {
    const started = performance.now();
    const rows = await reader.audit.page(filter, page + 1);
    JSON.stringify(rows.slice(0, page).map((row) => showEntry(row, 'full', (_, value) => value)));
    took.push(performance.now() - started);
  }
  return took.toSorted((a, b) => a - b);
}
