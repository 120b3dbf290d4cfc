/**
 * The thread in which one list is rendered: takes the job it was started with, answers once, ends. It has no
 * environment, no database and no keys, so a fault in a font or a library reaches nothing but this list.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { RenderJob } from './in-worker.ts';
import { renderListCsv } from './list-csv.ts';
import { renderPrecinctListPdf } from './list-pdf.ts';

if (!parentPort) throw new Error('render-worker runs as a worker thread only');
// The job was typed where the worker was started (in-worker.ts), in this same program.
const job = workerData as RenderJob;
if (job.kind === 'list-pdf') {
  const pdf = await renderPrecinctListPdf(job.input);
  // A copy of its own: a pooled Buffer would drag its neighbours along.
  const bytes = Uint8Array.from(pdf);
  parentPort.postMessage(bytes, [bytes.buffer]);
} else {
  parentPort.postMessage(renderListCsv(job.input));
}
