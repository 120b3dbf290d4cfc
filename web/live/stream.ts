/**
 * Follows a stream of server-sent events for as long as it is wanted. The browser takes up a broken connection by
 * itself and sends the last id it saw; where the server closed it for good this file tries anew, slower and slower, and
 * says that something may have been missed. It knows no event's meaning.
 */

export type Link = 'connecting' | 'open' | 'lost';

export interface Listener {
  /** By event name; `data` is the JSON of the event. */
  readonly events: Readonly<Record<string, (data: unknown) => void>>;
  link(state: Link): void;
  /** A new stream began without knowledge of the old one's last id: what came in between is unknown. */
  gap(): void;
}

/** The part of EventSource that is used; tests pass their own. */
export type Source = Pick<EventSource, 'readyState' | 'addEventListener' | 'close'>;

interface Tools {
  readonly open: (address: string) => Source;
  readonly after: (ms: number, run: () => void) => () => void;
}

const CLOSED = 2;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 60_000;

const browser: Tools = {
  open: (address) => new EventSource(address),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Begins to follow; returns how to stop. */
export function follow(address: string, listener: Listener, tools: Tools = browser): () => void {
  let source: Source | undefined;
  let cancel: (() => void) | undefined;
  let wait = FIRST_WAIT_MS;
  let stopped = false;
  let anew = false;

  function begin(): void {
    const mine = tools.open(address);
    source = mine;
    mine.addEventListener('open', () => {
      wait = FIRST_WAIT_MS;
      listener.link('open');
      if (anew) listener.gap();
      anew = false;
    });
    mine.addEventListener('error', () => {
      if (stopped || source !== mine) return;
      listener.link('lost');
      if (mine.readyState !== CLOSED) return;
      mine.close();
      source = undefined;
      anew = true;
      cancel = tools.after(wait, begin);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    });
    for (const [name, tell] of Object.entries(listener.events))
      mine.addEventListener(name, (event) => {
        const data = event instanceof MessageEvent ? parsed(String(event.data)) : undefined;
        if (data !== undefined) tell(data);
      });
  }

  listener.link('connecting');
  begin();
  return () => {
    stopped = true;
    cancel?.();
    source?.close();
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not ours to mend: an event nobody can read tells nothing.
    return undefined;
  }
}
