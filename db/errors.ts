// Why a store refuses to open or to go on. Each message says what was found and what to do next, for an operator's
// eyes; none carries voter data.

/** The database is behind, or disagrees with, what this log has already signed. */
export class LogRolledBack extends Error {
  override readonly name = 'LogRolledBack';
}

/** Stored bytes of the log contradict each other: a leaf and its hash, a tile and its leaves. */
export class LogDamaged extends Error {
  override readonly name = 'LogDamaged';
}

/** Another process holds the single-appender lock. */
export class AppenderBusy extends Error {
  override readonly name = 'AppenderBusy';
  constructor(where: string) {
    super(
      `Another process is writing to ${where}: a server or a command is running. ` +
        'Stop it first, or run the command against the running server.',
    );
  }
}

/** There is no database where one was expected, or it is another log's or another version's. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
}

/** @throws DatabaseUnusable when the database belongs to a log of another name */
export function requireOrigin(found: string, origin: string): void {
  if (found !== origin) {
    throw new DatabaseUnusable(
      `The database holds the log ${found}, not ${origin}. Correct the origin or the path.`,
    );
  }
}
