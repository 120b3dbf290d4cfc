// The writer thread of a SQLite store: owns the only connection that writes, and nothing else. It takes whatever units
// wait at its port when it is free, so a batch is what arrived while the last one was being synced.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { signerFromPem } from '#server/lib/log/note.ts';
import type { WriteUnit } from '../writer/units.ts';
import { LogWriter } from '../writer/writer.ts';
import { SqliteEngine } from './engine.ts';
import { type FromWriter, packAnswer, type ToWriter, unpackUnits, type WriterSettings } from './messages.ts';

const port = parentPort!;
const settings = workerData as WriterSettings;
const tell = (message: FromWriter) => port.postMessage(message);

const waiting: WriteUnit[] = [];
let taken = 0;
let writer: LogWriter;

function take(limit: number): WriteUnit[] {
  for (let queued = waiting.length - taken; queued < limit; queued = waiting.length - taken) {
    const received: { message: ToWriter } | undefined = receiveMessageOnPort(port);
    if (received === undefined) break;
    accept(received.message);
  }
  const units = waiting.slice(taken, taken + limit);
  taken += units.length;
  if (taken === waiting.length) {
    waiting.length = 0;
    taken = 0;
  }
  return units;
}

function accept(message: ToWriter): void {
  switch (message.kind) {
    case 'units':
      waiting.push(...unpackUnits(message.packed));
      return;
    case 'checkpoint':
      answer(message.id, writer.checkpoint(message.size));
      return;
    case 'settle':
      answer(message.id, writer.settled());
      return;
    case 'rebuild':
      answer(message.id, writer.rebuildProjections());
      return;
    case 'tidy':
      answer(message.id, writer.tidy(message.compact));
      return;
    case 'close':
      void writer.close().then(() => {
        tell({ kind: 'closed' });
        port.close();
      });
      return;
  }
}

function answer(id: number, work: Promise<{ size: number; note: string } | undefined>): void {
  work.then(
    (value) => tell(value ? { kind: 'reply', id, value } : { kind: 'reply', id }),
    (error: Error) => tell({ kind: 'failed', id, name: error.name, message: error.message }),
  );
}

try {
  const { path, origin, signingKeyPem, headFile, extensions, predecessors, recovering, facts } = settings;
  writer = await LogWriter.open(
    {
      engine: new SqliteEngine(path),
      facts,
      origin,
      signer: signerFromPem(origin, signingKeyPem),
      headFile,
      extensions,
      // Bytes lose their class on the way between threads.
      predecessors: predecessors.map((one) => ({ ...one, root: Buffer.from(one.root) })),
      recovering,
    },
    { take },
    {
      settled: (answers, changed) =>
        tell({ kind: 'answers', packed: answers.map(packAnswer), size: writer.status.size, changed }),
      status: (status) => tell({ kind: 'status', status }),
    },
  );
  port.on('message', (message: ToWriter) => {
    accept(message);
    writer.wake();
  });
  tell({ kind: 'ready', status: writer.status });
} catch (error) {
  const { name, message } = error instanceof Error ? error : new Error('unknown fault');
  tell({ kind: 'refused', name, message });
}
