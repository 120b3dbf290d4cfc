/**
 * Renders a list beside the server's own thread, so that nobody waits for somebody's 2,500 voters. Bounded in every
 * direction: size of the list, time, memory, how many at once, how many waiting. The worker always ends, whatever
 * became of it. Must only be called once the entry that authorises the rendering is durable.
 */
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { type CsvFile, type CsvInput, csvColumns } from './list-csv.ts';
import { type ListFault, listFault, type PrecinctList } from './precinct-list.ts';

export type RenderJob = { kind: 'list-pdf'; input: PrecinctList } | { kind: 'list-csv'; input: CsvInput };

/** `sha256` (hex) is of `bytes`: the `artifact` of the download's entry. */
export type Rendered =
  | { kind: 'rendered'; bytes: Buffer; sha256: string }
  | { kind: 'refused'; fault: ListFault }
  | { kind: 'busy' }
  | { kind: 'timed-out' };

export type RenderLimits = { timeoutMs: number; atOnce: number; waiting: number; heapMb: number };

/** Twenty times what the largest precinct takes; two cores are shared with those who log in. */
export const RENDER_LIMITS: RenderLimits = { timeoutMs: 30_000, atOnce: 1, waiting: 16, heapMb: 384 };

const WORKER = new URL('./render-worker.ts', import.meta.url);
let running = 0;
const queue: (() => void)[] = [];

/**
 * Renders one list in a worker thread of its own.
 * Answers `refused` for a list past its bounds, `busy` when too many wait, `timed-out` after `limits.timeoutMs` of
 * work (waiting not counted). Throws when rendering itself fails, which is a bug, or when PINs are asked for on a
 * posted list.
 */
export async function renderInWorker<K extends RenderJob['kind']>(
  kind: K,
  input: Extract<RenderJob, { kind: K }>['input'],
  limits: RenderLimits = RENDER_LIMITS,
): Promise<Rendered> {
  const job = { kind, input } as RenderJob;
  if (job.kind === 'list-csv') csvColumns(job.input);
  const fault = job.kind === 'list-pdf' ? listFault(job.input) : csvFault(job.input);
  if (fault) return { kind: 'refused', fault };
  if (running >= limits.atOnce) {
    if (queue.length >= limits.waiting) return { kind: 'busy' };
    await new Promise<void>((turn) => queue.push(turn));
  } else running += 1;
  try {
    return await runWorker(job, limits);
  } finally {
    // The place passes straight to whoever waited longest, so it is never taken twice.
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  }
}

/** The bounds of a print, applied to an export: what only a print carries is filled in with harmless values. */
function csvFault(input: CsvInput): ListFault | null {
  return listFault({
    list: input.list,
    precinct: { ...input.precinct, nameKy: '', nameRu: '', nameEn: '' },
    territoryName: '',
    lang: 'ky',
    voters: input.voters,
    watermark: { login: '', at: 0, entry: 0 },
    checkpointNote: '',
    copyNumber: 0,
    generatedAt: 0,
  });
}

async function runWorker(job: RenderJob, limits: RenderLimits): Promise<Rendered> {
  const worker = new Worker(WORKER, {
    workerData: job,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = await new Promise<Uint8Array | CsvFile | null>((done, failed) => {
      timer = setTimeout(() => done(null), limits.timeoutMs);
      worker.once('message', done);
      worker.once('error', failed);
      worker.once('exit', () => failed(new Error('the render worker ended without an answer')));
    });
    if (answer === null) return { kind: 'timed-out' };
    if (answer instanceof Uint8Array) {
      const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
      return { kind: 'rendered', bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
    }
    return { kind: 'rendered', bytes: Buffer.from(answer.csv, 'utf8'), sha256: answer.sha256 };
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
