// Alerts as they come, over one open answer (server-sent events). Ids are entry numbers, so a reader that was cut off takes
// up from the log itself. The session is asked for again at every event and heartbeat (a lock, an end or a lost role closes the stream);
// an event carries rule, level and alert id, nothing more. Must leave no timer behind.
import { Readable } from 'node:stream';
import type { Reader } from '#db/store.ts';
import { LogUnavailable } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';

export interface StreamDeps {
  reader: Reader;
  /** Resolves when the trail shows every entry durable at the call. */
  settled(): Promise<void>;
  /** Operators' log. */
  onFault(error: unknown): void;
  /** How often a comment is sent where nothing happens. */
  heartbeatMs?: number;
}

export interface Follower {
  officer: string;
  /** Alerts at or under this path are told. */
  path: string;
  /** Entries after this one are told. */
  after: number;
  /** Whether the session may still follow. */
  stillValid(): Promise<boolean>;
}

export interface AlertStreams {
  /** Null when the officer, or everybody together, follows too often already. */
  open(follower: Follower): Readable | null;
  /** An alert was raised or changed. */
  poke(): void;
  /** How many are open. */
  readonly size: number;
  close(): void;
}

const perOfficer = 3;
const atMost = 500;
const told: Act[] = [
  'alert.raise',
  'alert.acknowledge',
  'alert.assign',
  'alert.investigate',
  'alert.close',
  'alert.reopen',
];
const batch = 100;
/** A reader that does not take what it is sent is cut off; it resumes from the log. */
const unreadBytes = 64 * 1024;

export function createAlertStreams(deps: StreamDeps): AlertStreams {
  const heartbeatMs = deps.heartbeatMs ?? 15_000;
  const streams = new Map<Readable, { follower: Follower; wake: () => void }>();

  function open(follower: Follower): Readable | null {
    const own = [...streams.values()].filter((one) => one.follower.officer === follower.officer).length;
    if (own >= perOfficer || streams.size >= atMost) return null;
    const out = new Readable({ read() {} });
    let sent = follower.after;
    let busy = false;
    let again = false;

    function write(text: string): void {
      if (out.readableLength > unreadBytes) out.destroy();
      else out.push(text);
    }

    /** True while the reader may be told more; ends the stream otherwise. */
    async function admitted(): Promise<boolean> {
      const valid = await follower.stillValid();
      if (!valid && !out.destroyed) out.push(null);
      return valid && !out.destroyed && !out.readableEnded;
    }

    async function tell(): Promise<void> {
      await deps.settled();
      for (;;) {
        const entries = await deps.reader.audit.actsAfter(told, sent, batch);
        const news = entries.map(({ seq, act, json }) => ({ seq, act, alert: alertOf(json) }));
        const ids = [...new Set(news.map(({ alert }) => alert).filter((id) => id !== null))];
        const seen = new Map(
          (await deps.reader.alerts.within(ids, follower.path)).map((alert) => [alert.id, alert]),
        );
        for (const { seq, act, alert } of news) {
          const found = alert === null ? undefined : seen.get(alert);
          if (found) {
            if (!(await admitted())) return;
            const name = act === 'alert.raise' ? 'alert' : 'change';
            const data = JSON.stringify({ rule: found.rule, level: found.level, alert: found.id });
            write(`id: ${seq}\nevent: ${name}\ndata: ${data}\n\n`);
          }
          sent = seq;
        }
        if (entries.length < batch) return;
      }
    }

    async function run(): Promise<void> {
      if (busy) {
        again = true;
        return;
      }
      busy = true;
      try {
        do {
          again = false;
          await tell();
        } while (again && !out.destroyed);
      } catch (error) {
        // While the log takes nothing there is nothing new either; the next poke or heartbeat looks again.
        if (!(error instanceof LogUnavailable)) deps.onFault(error);
      } finally {
        busy = false;
      }
    }

    const heart = setInterval(() => {
      admitted()
        .then((valid) => {
          if (!valid) return;
          write(': alive\n\n');
          return run();
        })
        .catch((error: unknown) => {
          deps.onFault(error);
          out.destroy();
        });
    }, heartbeatMs);
    const forget = () => {
      clearInterval(heart);
      streams.delete(out);
    };
    out.once('close', forget);
    out.once('end', forget);
    out.once('error', forget);
    streams.set(out, { follower, wake: () => void run() });
    // Sets the reader's position without being an event.
    write(`retry: 3000\nid: ${sent}\n\n`);
    void run();
    return out;
  }

  return {
    open,
    poke() {
      for (const { wake } of streams.values()) wake();
    },
    get size() {
      return streams.size;
    },
    close() {
      for (const out of [...streams.keys()]) {
        out.push(null);
        out.destroy();
      }
      streams.clear();
    },
  };
}

function alertOf(json: string): string | null {
  const event = JSON.parse(json) as { detail?: { json?: { alert?: unknown } } };
  const id = event.detail?.json?.alert;
  return typeof id === 'string' ? id : null;
}
