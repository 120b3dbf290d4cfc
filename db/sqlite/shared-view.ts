// One view of the database for reads that come close together. Outside a transaction SQLite takes and drops a lock for
// each single statement, and after every commit its page cache too; the requests of a few milliseconds pay that once. The
// view ends the moment a commit of ours is answered: whoever was told that something is durable reads it. It ends soon
// in any case, for while it stands the writer cannot reuse its log.
import type { Connection } from './connect.ts';

export interface SharedView {
  /** To be called before each read. */
  enter(): void;
  /** Ends the view; the next read opens another. */
  renew(): void;
  /** Entries, and nothing else, became durable that the view does not show. */
  outdate(): void;
  /** To be called before each read of the log: what was answered is in sight; everything durable, where nobody says. */
  catchUp(): void;
}

/** @param lastsMs at most so long; 0: for this turn of the event loop, where nobody says when to renew */
export function sharedView(connection: Connection, lastsMs: number): SharedView {
  const begin = connection.prepare('begin');
  const end = connection.prepare('commit');
  let open = false;
  let ending = false;
  let outdated = false;

  function renew(): void {
    if (!open) return;
    open = false;
    outdated = false;
    if (connection.open && connection.inTransaction) end.run();
  }
  function ended(): void {
    ending = false;
    renew();
  }
  return {
    enter() {
      if (open) return;
      begin.run();
      open = true;
      if (ending) return;
      ending = true;
      if (lastsMs === 0) setImmediate(ended);
      else setTimeout(ended, lastsMs);
    },
    renew,
    outdate() {
      outdated = true;
    },
    catchUp() {
      if (outdated || lastsMs === 0) renew();
    },
  };
}
