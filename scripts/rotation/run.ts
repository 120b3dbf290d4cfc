// Changes the keys of a list while somebody reads it, killing the rotation twice in its middle, and counts what was not as it
// should be. Used by the bounded run (scripts/rotation.ts) and, small, by the tests.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openReader, openReadOnly } from '#db/open.ts';
import { readHead } from '#db/writer/head-file.ts';
import { verifyAudit } from '#server/audit/verify.ts';
import { createKeys, loadKeys } from '#server/keys.ts';
import { readKeys } from '#server/lib/log/outside.ts';
import { countByKey, openAll } from '#server/sealing/rotate.ts';
import { openInstallation } from '../commands/installation.ts';
import { addVoters } from './country.ts';
import type { ReaderReport } from './reader.ts';

export interface RotationRun {
  /** Folder for keys, and for the database of SQLite; made. */
  dir: string;
  database: string;
  voters: number;
  kills: number;
  onStep?: (says: string) => void;
}

export interface RotationResult {
  values: number;
  indexes: number;
  /** Entries the log had when each kill fell, counted from the rotation's start, and of how many. */
  killedAt: number[];
  steps: number;
  begun: number;
  finished: number;
  rotationSeconds: number;
  reader: ReaderReport;
  /** What was wrong, in words; empty when nothing. */
  faults: string[];
}

const here = import.meta.dirname;
const kuzot = join(here, '..', 'kuzot.ts');

export async function runRotation({
  dir,
  database,
  voters,
  kills,
  onStep = () => {},
}: RotationRun): Promise<RotationResult> {
  const keysDir = join(dir, 'keys');
  mkdirSync(dir, { recursive: true });
  createKeys(keysDir, 'rotation.kuzot.invalid/log');
  const place = { database, keysDir };
  onStep(`making ${voters} voters`);
  const installation = await openInstallation(place, { create: true });
  await addVoters(installation, voters).finally(() => installation.close());

  const before = await look(database, keysDir);
  const reading = spawn(process.execPath, [join(here, 'reader.ts'), database, keysDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: reading.stdout! })[Symbol.asyncIterator]();
  await lines.next();
  const watching = await openReader(database);
  const stepsDone = async () => (await watching.reader.destructions.logSize()) - before.entries;

  // A page of rows is a commit, and the two tables are rounded up.
  const steps = Math.ceil(voters / 100) + Math.ceil(voters / 100 / 100);
  const killedAt: number[] = [];
  const faults: string[] = [];
  const started = performance.now();
  // The first nine tenths, in as many parts as there are kills: each falls anywhere into its own, and none after it.
  const part = 0.9 / kills;
  for (let n = 0; ; n++) {
    const isLast = n === kills;
    const child = isLast ? rotate(place) : rotateUpTo(place, part * (n + 1));
    // Each run enters that it begins. Where the kill before fell late, this one falls before anything is done.
    const turned = Math.max(1, Math.floor(part * (n + Math.random()) * steps));
    const at = isLast ? Number.POSITIVE_INFINITY : Math.max((killedAt.at(-1) ?? 0) + 1, n + 1 + turned);
    const ended = await until(child, async () => (await stepsDone()) >= at);
    if (ended === null) {
      child.kill('SIGKILL');
      await gone(child);
      const now = await look(database, keysDir);
      killedAt.push(now.entries - before.entries);
      onStep(
        `killed after ${killedAt.at(-1)} of some ${steps} steps; values by key: ${JSON.stringify(now.counts.seal)}`,
      );
      if (Object.keys(now.counts.seal).length < 2) faults.push('a kill did not fall into the middle');
      if (now.unreadable !== null) faults.push(`after a kill: ${now.unreadable}`);
      for (const kind of ['seal', 'index'])
        if (!existsSync(join(keysDir, `${kind}-1.key`)))
          faults.push(`${kind}-1.key was retired while it was in use`);
      continue;
    }
    if (ended !== 0) faults.push(`the rotation ended with ${ended}`);
    break;
  }
  await watching.close();
  const rotationSeconds = (performance.now() - started) / 1000;

  reading.stdin!.end();
  const reader = JSON.parse((await lines.next()).value ?? '') as ReaderReport;
  await gone(reading);
  if (reader.fault !== null) faults.push(`the reader: ${reader.fault}`);
  if (reader.versions.join() !== '1,2')
    faults.push(`the reader met keys ${reader.versions.join()}, not both`);
  const after = await look(database, keysDir);
  if (after.unreadable !== null) faults.push(after.unreadable);
  for (const kind of ['seal', 'index'] as const) {
    if (Object.keys(after.counts[kind]).join() !== '2')
      faults.push(`not all is under ${kind}-2.key: ${JSON.stringify(after.counts[kind])}`);
    if (existsSync(join(keysDir, `${kind}-1.key`))) faults.push(`${kind}-1.key is not retired`);
    if (!existsSync(join(keysDir, 'retired', `${kind}-1.key`))) faults.push(`${kind}-1.key is lost`);
  }
  if (after.begun !== kills + 1 || after.finished !== 1)
    faults.push(`the log tells of ${after.begun} beginnings and ${after.finished} ends`);
  const verified = await verify(database, keysDir);
  if (verified !== null) faults.push(`the log: ${verified}`);
  const { begun, finished, counts } = after;
  const [values, indexes] = [counts.seal[2] ?? 0, counts.index[2] ?? 0];
  return { values, indexes, killedAt, steps, begun, finished, rotationSeconds, reader, faults };
}

type Place = { database: string; keysDir: string };

const run = (args: string[]): ChildProcess =>
  spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });

const rotate = ({ database, keysDir }: Place) =>
  run([kuzot, 'keys', 'rotate', '--db', database, '--keys', keysDir]);

/** @param share of the rows, after which it goes no further */
const rotateUpTo = ({ database, keysDir }: Place, share: number) =>
  run([join(here, 'rotator.ts'), database, keysDir, String(share)]);

const gone = (child: ChildProcess): Promise<number> =>
  new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) done(child.exitCode ?? -1);
    else child.once('exit', (code) => done(code ?? -1));
  });

/** Its exit code, or null once `reached` says so. */
async function until(child: ChildProcess, reached: () => Promise<boolean>): Promise<number | null> {
  let code: number | null = null;
  void gone(child).then((ended) => {
    code = ended;
  });
  for (;;) {
    if (code !== null) return code;
    if (await reached()) return null;
    await sleep(5);
  }
}

/** The state as whoever opens it now finds it: what is under which key, and whether all of it opens. */
async function look(database: string, keysDir: string) {
  const store = await openReadOnly(database);
  try {
    const { seal, index } = await countByKey(store.reader.system);
    let unreadable: string | null = null;
    await openAll(store.reader.system, loadKeys(keysDir).seal).catch((error: Error) => {
      unreadable = error.message;
    });
    const { entries } = await store.log.counts();
    let [begun, finished] = [0, 0];
    for (const { json } of await store.log.readEvents(0, entries)) {
      begun += json.includes('"begun":1') ? 1 : 0;
      finished += json.includes('"finished":1') ? 1 : 0;
    }
    const counts = { seal: Object.fromEntries(seal), index: Object.fromEntries(index) } as Record<
      'seal' | 'index',
      Record<number, number>
    >;
    return { counts, unreadable: unreadable as string | null, entries, begun, finished };
  } finally {
    await store.close();
  }
}

async function verify(database: string, keysDir: string): Promise<string | null> {
  const keys = loadKeys(keysDir);
  const verifiers = readKeys(keys.vkeyText);
  if ('kind' in verifiers) return verifiers.why;
  const store = await openReadOnly(database);
  try {
    const { origin, headFile } = keys;
    const head = await readHead(headFile, verifiers);
    const { log, guardFault } = store;
    const result = await verifyAudit(log, { origin, verifiers, head, kept: null, guardFault });
    return result.kind === 'broken' ? `${result.where} ${result.why}` : null;
  } finally {
    await store.close();
  }
}
