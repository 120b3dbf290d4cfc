import type { FastifyRequest } from 'fastify';
import { describe, expect, test } from 'vitest';
import { LogUnavailable } from '#db/store.ts';
import { refusals } from '#server/gate/outcome.ts';
import { misleading, refusalOf, traceOf, unstorable } from './faults.ts';
import { problemBase, problemOf } from './problems.ts';

function told(error: object) {
  const lines: unknown[] = [];
  const request = { log: { error: (...said: unknown[]) => lines.push(said) } } as unknown as FastifyRequest;
  return { refusal: refusalOf(error as Error, request), said: JSON.stringify(lines) };
}

describe('what goes wrong', () => {
  test('a log that takes no entry is 503, whatever else is true', () => {
    expect(told(new LogUnavailable('x')).refusal.kind).toBe('log-unavailable');
  });

  test('a fault of a body names the field, never its value', () => {
    const { refusal } = told({
      validation: [
        { instancePath: '/change/0/new', message: 'must NOT have fewer than 1 characters', params: {} },
      ],
    });
    expect(refusal).toMatchObject({ kind: 'bad-request', field: 'change.0.new' });
    const missing = told({
      validation: [{ instancePath: '', message: 'x', params: { missingProperty: 'q' } }],
    });
    expect(missing.refusal.field).toBe('q');
    const stray = (additionalProperty: string) =>
      told({
        validation: [
          {
            instancePath: '',
            message: 'must NOT have additional properties',
            params: { additionalProperty },
          },
        ],
      }).refusal;
    expect(stray('voterName')).toMatchObject({ field: 'voterName', detail: 'voterName: is not known here' });
    expect(stray('Асанова 10101199012345').field).toBe('body');
  });

  test.each([
    [415, 'unsupported-type'],
    [413, 'too-large'],
    [400, 'bad-request'],
    [500, 'internal-error'],
    [undefined, 'internal-error'],
  ])('status %s becomes %s', (statusCode, kind) => {
    expect(told({ statusCode, message: 'Асанова' }).refusal.kind).toBe(kind);
  });

  test('16.2.5 16.5.1 neither sender nor operator is told a bug’s message', () => {
    const error = new TypeError('cannot read Асанова\n    at Асанова (line)\nof 10101199012345');
    const { refusal, said } = told(error);
    expect(JSON.stringify(refusal)).not.toMatch(/Асанова|10101199012345/);
    expect(said).not.toMatch(/Асанова|10101199012345/);
    expect(said).toContain('TypeError');
    expect(said).toContain('faults.test.ts');
  });

  test('a trace survives errors without a stack, a message or a code', () => {
    const bare = new Error('x');
    delete (bare as { stack?: string }).stack;
    expect(traceOf(bare)).toEqual({ name: 'Error', at: [] });
    expect(traceOf(Object.assign(new Error(''), { code: 'ENOSPC' }))).toMatchObject({ code: 'ENOSPC' });
    expect(traceOf('no error')).toBe('no error');
  });
});

describe('text that cannot be stored', () => {
  test('is found wherever it stands, by its place', () => {
    expect(unstorable({ q: 'Өмүр 👩‍👩‍👧 \ud83d\ude00' }, 'body')).toBeNull();
    expect(unstorable({ q: 'a\0' }, 'body')).toBe('q');
    expect(unstorable({ change: [{ new: 'x' }, { new: '\ud800' }] }, 'body')).toBe('change.1.new');
    expect(unstorable('\udc00', 'body')).toBe('body');
    for (const harmless of [null, undefined, 7, true]) expect(unstorable(harmless, 'body')).toBeNull();
  });

  test('a text that reads as another is named by its place', () => {
    expect(misleading({ reason: 'Өмүр 👩‍👩‍👧, «ё»\nekinchi\tсап' }, 'body')).toBeNull();
    for (const mark of ['\u202e', '\u2066', '\u200f', '\u061c', '\u{e0041}'])
      expect(misleading({ files: [{ text: 'ok' }, { text: `permit${mark} (` }] }, 'body')).toBe(
        'files.1.text',
      );
  });
});

describe('a problem', () => {
  test.each(Object.keys(refusals) as (keyof typeof refusals)[])(
    '%s has a stable type and its status',
    (kind) => {
      const problem = problemOf({ kind });
      expect(problem.type).toBe(`${problemBase}${kind}`);
      expect(problem.status).toBe(refusals[kind].status);
      expect(problem.status).toBeGreaterThanOrEqual(400);
    },
  );

  test('facts add to it and never stand in for what it is', () => {
    const facts = { type: 'x', status: 200, title: 'x', version: 3 };
    expect(problemOf({ kind: 'stale', facts })).toMatchObject({
      type: `${problemBase}stale`,
      status: 409,
      version: 3,
    });
  });
});
