// `npm run demo`: builds the pages, makes a synthetic country under var/demo unless it is there, and serves it on
// loopback. Ends cleanly on SIGINT and SIGTERM. Everything in it is made up; its accounts are written to a file.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { lockAppender } from '#db/appender-lock.ts';
import { DatabaseUnusable, LogDamaged, LogRolledBack } from '#db/errors.ts';
import type { Config } from '#server/config.ts';
import { addKey, KeysFault, keyVersions } from '#server/keys.ts';
import { startServer } from '#server/main.ts';
import { explain, policiesDir } from './commands/installation.ts';
import { workDaysBefore } from './demo/days.ts';
import { demoSeed, makeCountry } from './demo/make.ts';
import { addNewcomer, renewNewcomer } from './demo/newcomer.ts';
import { buildPages, pagesDir } from './demo/pages.ts';
import {
  type Account,
  accountsFile,
  clearDemo,
  databaseFile,
  demoDir,
  type Engine,
  keysDir,
  postgresDir,
  readAccounts,
  readMade,
  writeMade,
} from './demo/place.ts';

const usage = `npm run demo -- [--port N] [--voters N] [--engine sqlite|postgres] [--fresh]

  --port N      port on localhost (8080)
  --voters N    voters of the synthetic country (20000)
  --engine E    sqlite (default) or an embedded postgres
  --fresh       throw the demo away and make it anew`;

interface Wanted {
  port: number;
  voters: number;
  engine: Engine;
  fresh: boolean;
  /** Whether voters or engine were asked for, rather than left as they are. */
  particular: boolean;
}

/** Null when help was asked for. Throws RangeError or TypeError in words. */
function readArguments(): Wanted | null {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8080' },
      voters: { type: 'string' },
      engine: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return null;
  const whole = (name: string, text: string, most: number): number => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number > most)
      throw new RangeError(`--${name} is a whole number up to ${most}`);
    return number;
  };
  const { engine = 'sqlite' } = values;
  if (engine !== 'sqlite' && engine !== 'postgres') throw new RangeError('--engine is sqlite or postgres');
  return {
    port: whole('port', values.port, 65_535),
    voters: whole('voters', values.voters ?? '20000', 5_000_000),
    engine,
    fresh: values.fresh,
    particular: values.voters !== undefined || values.engine !== undefined,
  };
}

function configFor(database: string, port: number): Config {
  return {
    database,
    keysDir,
    host: 'localhost',
    port,
    origin: `http://localhost:${port}`,
    tls: null,
    behindTlsProxy: false,
    node: 'demo',
    policiesDir,
    webDir: pagesDir,
    credentialsDir: null,
    databaseCipher: null,
    joins: false,
    witnessEveryMs: 10_000,
    limits: true,
    demo: true,
  };
}

function printAccounts(accounts: readonly Account[], address: string, database: string): void {
  const rows = [['login', 'password', 'role', 'commission']];
  for (const { login, password, role, commission, newcomer } of accounts)
    rows.push([login, password, newcomer ? `${role} (newcomer)` : role, commission]);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column]!)).join('  '));
  console.log(`\nAccounts with their secrets: ${accountsFile}`);
  console.log('The second factor of an account: npm run kuzot -- demo code LOGIN');
  // As everything of the demo, its database is open to whoever tries it out: audit verify, backup and the rest.
  console.log(`For other commands: --db ${database} --keys ${keysDir}`);
  console.log(`\nKuzot is at ${address}   (Ctrl+C stops it)`);
}

async function run({ port, voters, engine, fresh, particular }: Wanted): Promise<number> {
  mkdirSync(dirname(demoDir), { recursive: true });
  // One demo at a time: a second one must not make the folder anew under the first.
  const lock = lockAppender(demoDir);
  const made = fresh ? null : readMade();
  if (made && particular && (made.engine !== engine || made.voters !== voters)) {
    lock.release();
    console.error(
      `The demo that is there has ${made.voters} voters on ${made.engine}. Add --fresh to replace it.`,
    );
    return 2;
  }
  if (!buildPages()) console.error('The pages could not be built: only the API is served.');
  const stops: (() => Promise<void> | void)[] = [() => lock.release()];
  const stopAll = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  let stop = () => {
    // Half a demo is worth nothing: it is made anew next time.
    void stopAll().finally(() => process.exit(1));
  };
  try {
    if (!made) clearDemo();
    const database = await openDatabase(made?.engine ?? engine, stops);
    onSignals(() => stop());
    // A demo of an earlier version: the key folder of a real one gets its new kind of key by hand.
    if (made && keyVersions(keysDir, 'index').length === 0) addKey(keysDir, 'index');
    if (made) await renewNewcomer(database);
    else {
      await makeDemo(database, configFor(database, port), voters);
      writeMade({ engine, voters });
    }
    const running = await startServer(configFor(database, port));
    stops.push(() => running.close());
    const stopAsked = new Promise<void>((resolve) => {
      stop = resolve;
    });
    printAccounts(readAccounts(), `http://localhost:${port}`, database);
    await stopAsked;
    console.log('\nStopping …');
    return 0;
  } finally {
    await stopAll();
  }
}

/** The database's address; starts the embedded server where it lives in one. */
async function openDatabase(engine: Engine, stops: (() => Promise<void> | void)[]): Promise<string> {
  if (engine === 'sqlite') return `sqlite:${databaseFile}`;
  const { startEmbeddedPostgres } = await import('#db/postgres/embedded.ts');
  const server = await startEmbeddedPostgres({ dataDir: postgresDir, persistent: true });
  stops.push(() => server.stop());
  return server.database('kuzot');
}

/** The package of the embedded server ends the process at a signal by itself, before ours is closed: it must not. */
function onSignals(act: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, act);
  }
}

async function makeDemo(database: string, config: Config, voters: number): Promise<void> {
  const accounts = await makeCountry(database, voters);
  const { acts, refused } = await workDaysBefore(config, demoSeed, voters, accounts);
  console.log(`  ${acts} acts of three working days`);
  for (const [what, times] of refused) console.log(`  of them refused: ${what} (${times})`);
  await addNewcomer(database, voters, accounts);
}

let wanted: Wanted | null = null;
try {
  wanted = readArguments();
} catch (error) {
  console.error(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
if (wanted) {
  try {
    process.exitCode = await run(wanted);
  } catch (error) {
    const told = explain(error);
    if (told === null) throw error;
    const ofData = [KeysFault, DatabaseUnusable, LogRolledBack, LogDamaged].some(
      (one) => error instanceof one,
    );
    console.error(told.says + (ofData ? '\n  --fresh makes the demo anew.' : ''));
    process.exitCode = told.code;
  }
} else if (process.exitCode === undefined) console.log(usage);
