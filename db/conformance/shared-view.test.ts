// Reads that come close together share a view; a commit that was answered is never outside it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectReader, connectWriter } from '../sqlite/connect.ts';
import { sharedView } from '../sqlite/shared-view.ts';

let dir: string;
let close = () => {};
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kuzot-view-'));
});
afterEach(() => {
  close();
  vi.useRealTimers();
  rmSync(dir, { recursive: true, force: true });
});

function open(lastsMs: number) {
  const path = join(dir, 'view.sqlite');
  const writer = connectWriter(path);
  writer.exec('create table t (n integer); insert into t values (0)');
  const reader = connectReader(path);
  const view = sharedView(reader, lastsMs);
  close = () => {
    view.renew();
    reader.close();
    writer.close();
  };
  const read = () => {
    view.enter();
    return reader.prepare('select max(n) from t').pluck().get();
  };
  return { writer, reader, view, read };
}

test('one turn sees one state, the next turn the newest, and renewing sees it at once', async () => {
  const { writer, reader, view, read } = open(0);
  expect(read()).toBe(0);
  writer.exec('insert into t values (1)');
  expect(read()).toBe(0);
  view.renew();
  expect(read()).toBe(1);
  writer.exec('insert into t values (2)');
  expect(read()).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(reader.inTransaction).toBe(false);
  expect(read()).toBe(2);
});

test('a view that lasts outlives the turn, but neither its time nor a renewal', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const { writer, reader, view, read } = open(20);
  expect(read()).toBe(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(reader.inTransaction).toBe(true);
  writer.exec('insert into t values (1)');
  expect(read()).toBe(0);
  view.renew();
  expect(read()).toBe(1);
  vi.advanceTimersByTime(20);
  expect(reader.inTransaction).toBe(false);
  writer.exec('insert into t values (2)');
  expect(read()).toBe(2);
});

test('a reader of the log sees what was answered; entries alone leave everybody else’s view in place', async () => {
  const { writer, view, read } = open(1_000);
  expect(read()).toBe(0);
  writer.exec('insert into t values (1)');
  view.catchUp();
  expect(read()).toBe(0);
  view.outdate();
  expect(read()).toBe(0);
  view.catchUp();
  expect(read()).toBe(1);
});

// Two questions to a thread can be answered in one turn of it: the second must not be told of the state before the first.
test('where nobody says what was answered, a reader of the log sees all that is durable, in the same turn too', () => {
  const { writer, view, read } = open(0);
  expect(read()).toBe(0);
  writer.exec('insert into t values (1)');
  view.catchUp();
  expect(read()).toBe(1);
});
