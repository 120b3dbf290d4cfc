/** Claims about a process that is killed: what it acknowledged is there, whole, and the log verifies. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { leafHash } from '#server/lib/log/merkle.ts';
import { SqliteEngine } from '../sqlite/engine.ts';
import { verifiedSize } from './log.suite.ts';
import { origin, type Place, reading, signingKeyPem } from './rig.ts';

const child = fileURLToPath(new URL('./crash-child.ts', import.meta.url));

export function crashClaims(fresh: () => Promise<Place>): void {
  it('keeps everything acknowledged before kill -9, each change with its entry', async () => {
    const place = await fresh();
    const acknowledged = new Map<number, string>();
    for (const [round, acks] of [150, 700, 1_500].entries()) {
      for (const [seq, name] of await killAfter(place, `r${round}`, acks)) acknowledged.set(seq, name);
      const store = await place.open();
      expect((await store.commit(reading(round))).kind).toBe('done');
      await store.close();
      await verifiedSize(place);
    }
    const events = await place.sql<{ seq: number | string; json: string }>(
      'select seq, json from event order by seq',
    );
    const written = new Map(
      events.map(({ seq, json }) => [Number(seq), JSON.parse(json).case?.id as string]),
    );
    for (const [seq, name] of acknowledged) expect([seq, written.get(seq)]).toEqual([seq, name]);
    const changed = await place.sql<{ fold: string }>('select fold from surname');
    const entered = [...written.values()].filter((name) => name !== undefined);
    expect(changed.map(({ fold }) => fold).toSorted()).toEqual(entered.toSorted());
    expect(acknowledged.size).toBeGreaterThanOrEqual(2_350);
  });
}

export function fullDiskClaims(fresh: () => Promise<Place>): void {
  it('writes anew, elsewhere, what a failed sync left readable but perhaps not durable', async () => {
    const place = await fresh();
    await (await place.open()).close();
    const path = place.url.slice('sqlite:'.length);
    // As the server's readers do: the writer's connection is not the last, whose closing would copy the log by itself.
    const reader = new Database(path, { readonly: true });
    reader.prepare('select count(*) from entry').get();
    const engine = new SqliteEngine(path);
    engine.begin();
    engine.append({
      first: 0,
      leaves: [Buffer.from('{}')],
      hashes: leafHash(Buffer.from('{}')),
      events: [Buffer.from('{}')],
    });
    engine.commit();
    await engine.reopen();
    // The database file alone, as after a power cut that took the write-ahead log with it.
    copyFileSync(path, `${path}.alone`);
    await engine.close();
    reader.close();
    const alone = new Database(`${path}.alone`);
    expect(alone.prepare('select count(*) as n from entry').get()).toEqual({ n: 1 });
    alone.close();
  });

  it('acknowledges nothing that a full disk did not take, and goes on once there is room', async () => {
    const place = await fresh();
    // The system refuses every write beyond this size of a file, as a full disk does.
    const limited = ['-c', 'ulimit -f 6000; exec "$0" "$@"', process.execPath, child];
    const running = spawn('sh', [...limited, place.url, place.headFile, origin, signingKeyPem, 'full'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(running, 'close');
    const acknowledged = new Map<number, string>();
    for await (const line of createInterface({ input: running.stdout })) {
      const [seq, name] = line.split(' ');
      acknowledged.set(Number(seq), name!);
    }
    await ended;
    expect(acknowledged.size).toBeGreaterThan(100);
    const store = await place.open();
    expect((await store.commit(reading(0))).kind).toBe('done');
    await store.close();
    await verifiedSize(place);
    const events = await place.sql<{ seq: number; json: string }>('select seq, json from event');
    const written = new Map(events.map(({ seq, json }) => [seq, JSON.parse(json).case?.id as string]));
    for (const [seq, name] of acknowledged) expect([seq, written.get(seq)]).toEqual([seq, name]);
  });
}

/** Seqs and names acknowledged by a child that was killed without warning after some of them. */
function killAfter(place: Place, round: string, acks: number): Promise<[number, string][]> {
  const running = spawn(process.execPath, [child, place.url, place.headFile, origin, signingKeyPem, round], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: running.stdout });
  const seen: [number, string][] = [];
  lines.on('line', (line) => {
    const [seq, name] = line.split(' ');
    seen.push([Number(seq), name!]);
    if (seen.length === acks) running.kill('SIGKILL');
  });
  return new Promise((resolve, reject) => {
    running.on('error', reject);
    // Ended and read to the end. What it wrote may close while the process still holds its locks.
    const read = new Promise<void>((closed) => lines.on('close', closed));
    running.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') void read.then(() => resolve(seen));
      else reject(new Error(`the child ended by itself (${code})`));
    });
  });
}
