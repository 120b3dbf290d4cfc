// What every command needs: where the database and its keys are, opening them as the one appender, and telling faults as
// one fact and one hint with the right exit code. It decides nothing about rights; the gate does.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  AppenderAway,
  AppenderBusy,
  DatabaseUnusable,
  LogDamaged,
  LogRolledBack,
  LogUnguarded,
} from '#db/errors.ts';
import type { MaintainedStore, StoreOptions } from '#db/open.ts';
import { LogUnavailable } from '#db/store.ts';
import { cipherFault, defaultKeysDir } from '#server/config.ts';
import { type Cipher, readyCipher } from '#server/database-key.ts';
import { RegisterDamaged } from '#server/destructions/register.ts';
import type { RuleChoice } from '#server/detection/change/in-force.ts';
import { type Context, systemContext } from '#server/gate/context.ts';
import { SetRefused } from '#server/gate/file-sets.ts';
import type { KeyPlace } from '#server/key-source.ts';
import { type Keys, KeysFault, loadKeys } from '#server/keys.ts';
import { knownKeys } from '#server/known-keys.ts';
import { SealBroken } from '#server/lib/secrets.ts';
import type { Choice } from '#server/policies/in-force.ts';
import { PolicyUnusable } from '#server/policy/asking.ts';
import type { Rooms } from '#server/rooms.ts';
import type { WatchedStore } from '#server/voters/sink.ts';

export const policiesDir = resolve(import.meta.dirname, '../../policies');

/** Ends a command: 1 for something found wrong, 2 for a call that cannot be carried out as it stands. */
export class CommandFault extends Error {
  override readonly name = 'CommandFault';
  readonly code: 1 | 2;
  constructor(code: 1 | 2, fact: string, hint: string) {
    super(hint === '' ? fact : `${fact}\n  ${hint}`);
    this.code = code;
  }
}

export interface PlaceOptions {
  db?: string;
  keys?: string;
}

/** Adds `--db` and `--keys`. */
export function withPlace(command: Command): Command {
  return command
    .option('--db <url>', 'sqlite:PATH or postgres://… (default: KUZOT_DB)')
    .option('--keys <dir>', 'folder of key files (default: KUZOT_KEYS, or "keys" beside the database file)');
}

export interface Place {
  database: string;
  keysDir: string;
  /** Where systemd put secrets for this unit; absent elsewhere. */
  credentialsDir?: string | null;
  /** What a SQLite file is encrypted with; absent or null: in clear. */
  cipher?: Cipher | null;
}

/** Where the database and the keys are. Throws CommandFault 2 when neither option nor environment says. */
export function placeOf(
  { db, keys }: PlaceOptions,
  env: NodeJS.ProcessEnv,
  /** Makes this process open databases as the setting and the key folder say; false for what changes that. */
  opens = true,
): Place {
  const database = db ?? env.KUZOT_DB;
  if (database === undefined || database === '')
    throw new CommandFault(2, 'No database is named.', 'Add --db sqlite:PATH, or set KUZOT_DB.');
  if (!/^(sqlite:.+|postgres(ql)?:\/\/.+)$/.test(database))
    throw new CommandFault(
      2,
      'That is no database address.',
      'Write sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME.',
    );
  const { KUZOT_DB_CIPHER: cipher = '' } = env;
  const fault = cipherFault(cipher, database);
  if (fault !== null) throw new CommandFault(2, `${fault}.`, '');
  const place: Place = {
    database,
    keysDir: keys ?? env.KUZOT_KEYS ?? defaultKeysDir(database),
    credentialsDir: env.CREDENTIALS_DIRECTORY || null,
    cipher: cipher === '' ? null : 'chacha20',
  };
  // `init` makes the folder, and then says so itself.
  if (opens && existsSync(place.keysDir)) readyCipher(keyPlaceOf(place), place.cipher ?? null);
  return place;
}

export const keyPlaceOf = ({ keysDir, credentialsDir = null }: Place): KeyPlace => ({
  dir: keysDir,
  credentialsDir,
});

/** @throws KeysFault */
export const keysOf = (place: Place): Keys => loadKeys(keyPlaceOf(place));

/** Path of the file of a `sqlite:` address, or null. */
export function sqlitePath(database: string): string | null {
  return database.startsWith('sqlite:') ? resolve(database.slice('sqlite:'.length)) : null;
}

export interface Installation {
  keys: Keys;
  store: WatchedStore;
  maintained: MaintainedStore;
  rooms: Rooms;
  clock: () => number;
  /** True for a database made by `npm run demo`. */
  isDemo: boolean;
  /** A context of the system itself, under a name of its own. */
  asSystem(name: string): Context;
  close(): Promise<void>;
}

export interface OpenOptions {
  create?: boolean;
  clock?: () => number;
  /** Which policies may decide; see server/policies/in-force.ts. */
  policies?: Choice;
  rules?: RuleChoice;
  /** In place of what the key folder says: a recovery opens a log that is not what was signed. */
  over?: Partial<StoreOptions>;
}

/** Opens as the one appender. Throws what loadKeys and openStore throw; a running server holds the lock. */
export async function openInstallation(
  place: Place,
  { create = false, clock = Date.now, over = {}, policies, rules }: OpenOptions = {},
): Promise<Installation> {
  const keys = keysOf(place);
  // Loaded here: a call that is refused before anything is opened answers at once.
  const [{ openStore }, { storeOptions }, { composeRooms }, { watchSkipped }] = await Promise.all([
    import('#db/open.ts'),
    import('#server/main.ts'),
    import('#server/rooms.ts'),
    import('#server/voters/sink.ts'),
  ]);
  const maintained = await openStore(place.database, { ...storeOptions(keys, clock), create, ...over });
  try {
    // Kept by the server's own start; a command that has lost signed entries before it may sign and keep nothing.
    await knownKeys(maintained.reader, keys);
    const store = watchSkipped(maintained);
    const rooms = await composeRooms({
      store,
      keys,
      policiesDir,
      node: 'kuzot-command',
      clock,
      limits: true,
      ...(policies && { policies }),
      ...(rules && { rules }),
      onFault: (error) => console.error(error),
    });
    return {
      keys,
      store,
      maintained,
      rooms,
      clock,
      isDemo: (await store.reader.system.meta('demo')) !== null,
      asSystem: (name) => systemContext(name, clock(), crypto.randomUUID()),
      async close() {
        await rooms.access.close();
        await maintained.close();
      },
    };
  } catch (error) {
    await maintained.close();
    throw error;
  }
}

/** Opens, works, closes; whatever happened. */
export async function withInstallation<T>(
  place: Place,
  work: (installation: Installation) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const installation = await openInstallation(place, options);
  try {
    return await work(installation);
  } finally {
    await installation.close();
  }
}

/** Files beside a SQLite database that belong to it. */
export const companions = (path: string) => ['-wal', '-shm', '-appender'].map((end) => `${path}${end}`);

/** Name of the log when none is given: unique, so that two installations never sign under one name. */
export const freshOrigin = () => `kuzot.invalid/${crypto.randomUUID().slice(0, 8)}`;

export const headFileOf = (keysDir: string) => join(keysDir, 'log-head');

/** Runs a command's work; its number is the exit code. Expected faults are told in words, others are bugs and thrown. */
export function guarded<A extends unknown[]>(
  work: (...args: A) => Promise<number>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      process.exitCode = await work(...args);
    } catch (error) {
      const told = explain(error);
      if (told === null) throw error;
      console.error(told.says);
      process.exitCode = told.code;
    }
  };
}

/** What an operator is told of an expected fault, and the exit code; null for a bug. */
export function explain(error: unknown): { says: string; code: 1 | 2 } | null {
  if (error instanceof CommandFault) return { says: error.message, code: error.code };
  if (error instanceof KeysFault) return { says: error.message, code: 2 };
  if (!(error instanceof Error)) return null;
  if (error instanceof SealBroken)
    return {
      says: `In the database ${error.message}: it was changed, or its key is not in the key folder.\n  Put the seal-….key it was sealed with back; kuzot audit verify and a backup tell whether it was changed.`,
      code: 1,
    };
  const found = [
    LogRolledBack,
    LogDamaged,
    LogUnguarded,
    LogUnavailable,
    AppenderBusy,
    AppenderAway,
    RegisterDamaged,
  ];
  if (found.some((type) => error instanceof type)) return { says: error.message, code: 1 };
  if (error instanceof SetRefused || error instanceof PolicyUnusable) return { says: error.message, code: 2 };
  if (error instanceof DatabaseUnusable) return { says: error.message, code: 2 };
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return { says: `There is no file ${path}.\n  Check the path.`, code: 2 };
  if (code === 'EISDIR')
    return { says: `${path ?? 'That'} is a folder, not a file.\n  Name a file in it.`, code: 2 };
  if (code === 'EACCES') return { says: `${path} may not be read or written.\n  Check its mode.`, code: 2 };
  if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ECONNRESET)$/.test(code ?? ''))
    return {
      says: `PostgreSQL is not reached (${code}).\n  Check its address, and whether it runs.`,
      code: 2,
    };
  // Of PostgreSQL itself: no such role or password, no such database.
  if (/^(28\w{3}|3D000)$/.test(code ?? ''))
    return {
      says: `PostgreSQL refused: ${error.message}.\n  Check user, password and database in its address.`,
      code: 2,
    };
  if (code === 'EADDRINUSE') {
    const { port } = error as { port?: number };
    return { says: `Port ${port} is taken by another program.\n  Stop it, or choose another port.`, code: 2 };
  }
  if (code === 'EEXIST') return { says: `${path} is there already.\n  Name another file.`, code: 2 };
  return null;
}
