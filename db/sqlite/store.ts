// The store on SQLite as rooms see it: reads on connections of its own, everything written handed to the writer thread.
import { Worker } from 'node:worker_threads';
import { faultNamed } from '../errors.ts';
import type { MaintainedStore } from '../opened.ts';
import { Pending } from '../pending.ts';
import type { Reader } from '../reader.ts';
import { type CommitResult, type CommitUnit, type LogStatus, LogUnavailable } from '../store.ts';
import { Intake, requireEntries } from '../writer/intake.ts';
import type { WriterStatus } from '../writer/writer.ts';
import { type FromWriter, type ToWriter, UnitPacker, unpackAnswer, type WriterSettings } from './messages.ts';
import { fileSize, filesHold } from './residue.ts';
import type { SharedView } from './shared-view.ts';

/** Bytes: a database up to this size is compacted while others wait a few seconds for it. */
const compactAtOnce = 256 * 1024 * 1024;

/** Units in a message that are worth sending although the writer is still at work on the one before. */
const crowd = 64;

/** Starts the writer thread. @throws what it refuses to start for. */
export async function startSqliteStore(
  settings: WriterSettings,
  reader: Reader,
  view: SharedView,
  queueLimit: number,
  clock: () => number,
  release: () => void,
): Promise<MaintainedStore> {
  const worker = new Worker(new URL('./writer-worker.ts', import.meta.url), { workerData: settings });
  const { path } = settings;
  const intake = new Intake(queueLimit);
  const asked = new Pending<{ size: number; note: string } | undefined>();
  let status: WriterStatus;
  let failed: LogStatus['failed'] = null;
  const outbox = new UnitPacker();
  /** The writer has units it has not answered. */
  let writing = false;
  let exited = false;
  let closing: Promise<void> | null = null;

  const tell = (message: ToWriter) => worker.postMessage(message);

  function flush(): void {
    if (outbox.units === 0) return;
    writing = true;
    const packed = outbox.take();
    worker.postMessage({ kind: 'units', packed } satisfies ToWriter, [packed.bytes]);
  }

  /** While the writer syncs one message the next one fills: fewer, larger batches, and no wait when it is idle. */
  function flushWhenIdle(): void {
    if (!writing) flush();
  }

  function ask(message: (id: number) => ToWriter): Promise<{ size: number; note: string } | undefined> {
    if (!status.accepting) return Promise.reject(new LogUnavailable(status.why ?? 'The store is closed.'));
    flush();
    return asked.ask((id) => tell(message(id)));
  }

  function stop(why: string): void {
    status = { ...status, accepting: false, why };
    intake.abandon(why);
    asked.abandon(why);
  }

  function hear(message: FromWriter): void {
    // Whoever hears an answer reads what it says. Most answers are entries alone, which only readers of the log look for;
    // a new view for everybody would begin with an empty page cache.
    if (message.kind === 'answers' && !message.changed) view.outdate();
    else view.renew();
    switch (message.kind) {
      case 'answers':
        status = { ...status, size: message.size };
        intake.answer(message.packed.map(unpackAnswer));
        writing = false;
        flush();
        return;
      case 'status':
        status = message.status;
        if (status.why !== null) failed = { at: clock(), why: status.why };
        return;
      case 'reply':
        asked.answer(message.id, message.value);
        return;
      case 'failed':
        asked.fail(message.id, message.name, message.message);
        return;
    }
  }

  status = await new Promise<WriterStatus>((resolve, reject) => {
    worker.on('message', (message: FromWriter) => {
      if (message.kind === 'ready') resolve(message.status);
      else if (message.kind === 'refused') reject(faultNamed(message.name, message.message));
      else hear(message);
    });
    worker.on('error', (error) => {
      reject(error);
      if (status) stop(`The audit log's writer stopped (${error.message}). Restart the server.`);
    });
    worker.on('exit', () => {
      exited = true;
      reject(new Error('the writer thread ended while starting'));
      if (status && closing === null) stop("The audit log's writer stopped. Restart the server.");
    });
  }).catch(async (error) => {
    await worker.terminate();
    throw error;
  });

  return {
    engine: 'sqlite',
    reader,
    async commit(unit: CommitUnit): Promise<CommitResult> {
      if (!status.accepting) throw new LogUnavailable(status.why ?? 'The store is closed.');
      requireEntries(unit);
      const answer = intake.add();
      // One message for all that this turn of the event loop brought.
      if (outbox.units === 0) setImmediate(flushWhenIdle);
      outbox.add(unit);
      if (outbox.units >= crowd) flush();
      return answer;
    },
    async checkpoint(size) {
      return (await ask((id) => ({ kind: 'checkpoint', id, size })))!;
    },
    async settled() {
      await ask((id) => ({ kind: 'settle', id }));
    },
    async rebuildProjections() {
      await ask((id) => ({ kind: 'rebuild', id }));
    },
    async scrub(traces) {
      const tidy = (compact: boolean) => ask((id) => ({ kind: 'tidy', id, compact }));
      await tidy(false);
      if (!(await filesHold(path, traces))) return true;
      if (fileSize(path) > compactAtOnce) return false;
      await tidy(true);
      return !(await filesHold(path, traces));
    },
    async compact() {
      await ask((id) => ({ kind: 'tidy', id, compact: true }));
    },
    status: () => ({ ...status, failed, queued: intake.queued }),
    close() {
      closing ??= new Promise<void>((resolve) => {
        flush();
        const closed = () => {
          stop('The store is closed.');
          release();
          resolve();
        };
        if (exited) return closed();
        worker.once('exit', closed);
        tell({ kind: 'close' });
      });
      return closing;
    },
  };
}
