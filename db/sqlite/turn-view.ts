// One view of the database for each turn of the event loop. Outside a transaction SQLite takes and drops a lock, and after
// every commit its page cache, for each single statement; sixty requests of one turn pay that once. The view never outlives
// the turn, and ends the moment a commit of ours is answered: whoever was told that something is durable reads it.
import type { Connection } from './connect.ts';

export interface TurnView {
  /** To be called before each read. */
  enter(): void;
  /** Ends the view; the next read opens another. */
  renew(): void;
}

export function turnView(connection: Connection): TurnView {
  const begin = connection.prepare('begin');
  const end = connection.prepare('commit');
  let open = false;

  function renew(): void {
    if (!open) return;
    open = false;
    if (connection.open && connection.inTransaction) end.run();
  }
  return {
    enter() {
      if (open) return;
      begin.run();
      open = true;
      setImmediate(renew);
    },
    renew,
  };
}
