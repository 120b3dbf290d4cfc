// Why a store refuses to open or to go on. Each message says what was found and what to do next, for an operator's
// eyes; none carries voter data.
import { LogUnavailable } from './store.ts';

/** The database is behind, or disagrees with, what this log has already signed. */
export class LogRolledBack extends Error {
  override readonly name = 'LogRolledBack';
}

/** Stored bytes of the log contradict each other: a leaf and its hash, a tile and its leaves. */
export class LogDamaged extends Error {
  override readonly name = 'LogDamaged';
  /** What of the database is meant; by default its pages. */
  readonly where: string | undefined;
  constructor(message: string, where?: string) {
    super(message);
    this.where = where;
  }
}

/** Another process holds the single-appender lock. */
export class AppenderBusy extends Error {
  override readonly name = 'AppenderBusy';
  constructor(where: string) {
    super(
      `Another process is writing to ${where}: a server or a command is running. ` +
        'Stop it first; what the console offers is done there meanwhile.',
    );
  }
}

/** The server that was to be joined does not answer. */
export class AppenderAway extends Error {
  override readonly name = 'AppenderAway';
  constructor(path: string) {
    super(
      `No server answers at ${path}, so there is none to join. Start one for the same database and key folder without ` +
        'KUZOT_JOIN first; it writes the audit log for both.',
    );
  }
}

/** There is no database where one was expected, or it is another log's or another version's. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
}

/** The guards that keep the log append-only are not as this version sets them up. */
export class LogUnguarded extends Error {
  override readonly name = 'LogUnguarded';
  constructor(fault: string) {
    super(
      `${fault}. Somebody with the owner's rights took off what keeps the log append-only. Run \`kuzot audit verify\` to ` +
        'see whether entries were changed; two officers record what was found, and put the guards back, with ' +
        '`kuzot audit recover`. Nothing is served until then.',
    );
  }
}

const damageCodes = /^(SQLITE_CORRUPT|SQLITE_NOTADB|SQLITE_IOERR_(CORRUPTFS|SHORT_READ|READ)|XX00[12]$)/;

const missing = /^no such (table|column): |^relation ".*" does not exist$|^column .* does not exist$/;

/** A driver's error that means damaged pages, or that a table is not there, in words; null for any other. */
export function damageOf(error: unknown): LogDamaged | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  if (/^(SQLITE_ERROR|42P01|42703)$/.test(String(error.code)) && missing.test(error.message))
    return new LogDamaged(
      `The database lacks what this version made in it: ${error.message}. Somebody with the owner's rights took it away, or the ` +
        'database is of another version. Keep a copy of it as it is, and restore the newest backup.',
      'the tables of the log',
    );
  if (!damageCodes.test(String(error.code))) return null;
  return new LogDamaged(
    `The database is damaged: ${error.message} (${String(error.code)}). Check this machine's disk, keep a copy of the ` +
      'database as it is, and restore the newest backup.',
  );
}

/** Does the work; what `damageOf` knows of a driver's errors is told as LogDamaged. */
export async function tellingDamage<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw damageOf(error) ?? error;
  }
}

/**
 * @param earlier names the log had before it was recovered
 * @throws LogRolledBack when the database is of before a recovery, DatabaseUnusable when it is another log's
 */
export function requireOrigin(found: string, origin: string, earlier: readonly string[] = []): void {
  if (earlier.includes(found))
    throw new LogRolledBack(
      `The database holds the log under its earlier name ${found}: it is older than the recovery since which the log is ` +
        `${origin}. Put back a newer copy; if there is none, two officers record the loss with \`kuzot audit recover\`. ` +
        'Nothing is served until then.',
    );
  if (found !== origin) {
    throw new DatabaseUnusable(
      `The database holds the log ${found}, not ${origin}. Correct the origin or the path.`,
    );
  }
}

/** Errors lose their class on the way between threads and processes; those callers tell apart get it back. */
export function faultNamed(name: string, message: string): Error {
  const known = [LogUnavailable, LogRolledBack, LogDamaged, DatabaseUnusable].find(
    (type) => type.name === name,
  );
  if (known !== undefined) return new known(message);
  return name === 'RangeError' ? new RangeError(message) : new Error(message);
}
