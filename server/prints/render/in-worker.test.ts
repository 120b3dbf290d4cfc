/** Claims: a list rendered aside is the list rendered here, within bounds, and no worker outlives its list. */
import { createHash } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RENDER_LIMITS, renderInWorker } from './in-worker.ts';
import { renderListCsv } from './list-csv.ts';
import { renderPrecinctListPdf } from './list-pdf.ts';
import type { ListVoter, PrecinctList } from './precinct-list.ts';

const voter = (number: number): ListVoter => ({
  number,
  surname: 'Өмүрзакова',
  givenName: 'Айгүл',
  patronymic: 'Эңсебековна',
  birthYear: 1987,
  address: `Ленин көч., ${number}`,
});
const list = (count: number): PrecinctList => ({
  list: 'final',
  precinct: { code: '1001', nameKy: 'Мектеп', nameRu: 'Школа', nameEn: 'School', address: 'Ош ш., 12' },
  territoryName: 'Ош шаардык АШК',
  lang: 'ky',
  voters: Array.from({ length: count }, (_, index) => voter(index + 1)),
  watermark: { login: 'a.usenov', at: Date.UTC(2026, 2, 5), entry: 7 },
  checkpointNote: 'kuzot.example\n8\ncm9vdA==\n\n— kuzot.example c2ln\n',
  copyNumber: 1,
  generatedAt: Date.UTC(2026, 2, 5),
});

/** Every worker this test file starts; an ended one has the thread id -1. */
const started: Worker[] = [];
const keep = (worker: Worker) => {
  started.push(worker);
};
beforeAll(() => {
  process.on('worker', keep);
});
afterAll(() => {
  process.off('worker', keep);
});
const csvList = (count: number) => ({
  ...list(count),
  log: { entry: 7, checkpoint: 'kuzot.example 8 cm9vdA==' },
});
afterEach(() => {
  expect(started.filter((worker) => worker.threadId !== -1)).toEqual([]);
});

describe('a list rendered in a worker', () => {
  it('is byte for byte the list rendered here, with its hash, PDF and CSV alike', async () => {
    const pdf = await renderInWorker('list-pdf', list(30));
    if (pdf.kind !== 'rendered') throw new Error(pdf.kind);
    expect(pdf.bytes.equals(await renderPrecinctListPdf(list(30)))).toBe(true);
    expect(pdf.sha256).toBe(createHash('sha256').update(pdf.bytes).digest('hex'));
    const csv = await renderInWorker('list-csv', { ...csvList(30), bom: true });
    if (csv.kind !== 'rendered') throw new Error(csv.kind);
    const here = renderListCsv({ ...csvList(30), bom: true });
    expect(csv.bytes.toString('utf8')).toBe(here.csv);
    expect(csv.sha256).toBe(here.sha256);
    expect(started).toHaveLength(2);
  });

  it('is refused past its bounds before any thread starts', async () => {
    expect(await renderInWorker('list-pdf', list(20_001))).toEqual({
      kind: 'refused',
      fault: { field: 'voters', fault: 'too-many' },
    });
    const long = { ...csvList(0), voters: [{ ...voter(1), surname: 'х'.repeat(401) }] };
    expect(await renderInWorker('list-csv', long)).toEqual({
      kind: 'refused',
      fault: { field: 'surname', fault: 'too-long' },
    });
    await expect(
      renderInWorker('list-csv', { ...csvList(1), list: 'control', withPin: true }),
    ).rejects.toThrow('R06');
  });

  it('is given up when its time is over, and the next one is rendered all the same', async () => {
    expect(await renderInWorker('list-pdf', list(2000), { ...RENDER_LIMITS, timeoutMs: 1 })).toEqual({
      kind: 'timed-out',
    });
    expect((await renderInWorker('list-csv', csvList(1))).kind).toBe('rendered');
  });

  it('a failure is a failure, and frees the place', async () => {
    const broken = { ...list(1), lang: 'xx' } as unknown as PrecinctList;
    await expect(renderInWorker('list-pdf', broken)).rejects.toThrow();
    expect((await renderInWorker('list-csv', csvList(1))).kind).toBe('rendered');
  });

  it('waits its turn, and past the bound of the queue is told to come back', async () => {
    const limits = { ...RENDER_LIMITS, atOnce: 1, waiting: 1 };
    const answers = await Promise.all([1, 2, 3].map((n) => renderInWorker('list-csv', csvList(n), limits)));
    expect(answers.map((answer) => answer.kind)).toEqual(['rendered', 'rendered', 'busy']);
  });
});
