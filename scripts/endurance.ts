// `node scripts/endurance.ts [--rounds N] [--dir DIR]`: starts the console (whole.ts, door.ts), puts it under load, and ends it again and
// again: killed at any moment, killed around a commit and a signature, with commits and syncs that fail or lie, on a full
// disk. After every round what clients were given is held against what is stored. Ends with 1 when anything is missing.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchCountry } from './bench/country.ts';
import { type Enrolled, enrol } from './bench/enrol.ts';
import { ask, type Heard } from './endurance/clients.ts';
import { inWriter, type WriterFault } from './endurance/faults.ts';
import { type Child, launch } from './endurance/launch.ts';
import { openLedger } from './endurance/ledger.ts';

type Kind = 'killed' | WriterFault | 'sync-fails' | 'disk-full';
const officers = 16;
/** The whole console each so many rounds, between them only what a voter's card passes on its way out. */
const everyWhole = 7;
const usage =
  'node scripts/endurance.ts [--rounds N] [--dir DIR]\n\n  --rounds  how many times the server is ended (default 1000)\n' +
  '  --dir     where the database lies: on a file system with less than 1 GiB free it is really filled up';

/** Of ten rounds, six are killed at any moment; each of the others suffers something more before it is killed too. */
function kindOf(round: number, withSync: boolean): Kind {
  const turn = Math.floor(round / 10);
  switch (round % 10) {
    case 2:
    case 5:
      return inWriter[(2 * turn + (round % 10 === 5 ? 1 : 0)) % inWriter.length]!;
    case 7:
      return withSync ? 'sync-fails' : 'commit-lost';
    case 9:
      return 'disk-full';
    default:
      return 'killed';
  }
}

/** Builds what makes syncs fail, where there is a C compiler. */
function failingSync(dir: string): string | null {
  const library = join(dir, 'failing-sync.so');
  const source = join(import.meta.dirname, 'endurance', 'failing-sync.c');
  const { status } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl']);
  return status === 0 ? library : null;
}

async function run(rounds: number, parent: string): Promise<number> {
  const dir = mkdtempSync(join(parent, 'kuzot-endurance-'));
  const tools = mkdtempSync(join(tmpdir(), 'kuzot-endurance-tools-'));
  const children = new Set<Child>();
  try {
    const people = await found(dir);
    const library = failingSync(tools);
    const ledger = await openLedger(`sqlite:${join(dir, 'kuzot.sqlite')}`, join(dir, 'keys'));
    const small = statfsSync(dir).bavail * statfsSync(dir).bsize < 2 ** 30;
    const counts = new Map<Kind, number>();
    const total = { served: 0, refused: 0, odd: [] as string[] };
    const start = (round: number) => {
      const kind = kindOf(round, library !== null);
      const child = launch(dir, {
        server: round % everyWhole === 0 ? 'whole' : 'door',
        sync: kind === 'sync-fails' ? { library: library!, trigger: join(tools, 'sync-fails') } : null,
        // Room for some hundred commits in whichever file is the largest now.
        maxBytes: kind === 'disk-full' && !small ? largest(dir) + 1_500_000 : null,
      });
      children.add(child);
      void child.ended.then(() => children.delete(child));
      return child;
    };
    const began = performance.now();
    let next = start(0);
    for (let round = 0; round < rounds; round++) {
      const kind = kindOf(round, library !== null);
      const child = next;
      const following = kindOf(round + 1, library !== null);
      // A limit on file sizes must be measured when nothing writes.
      const early = round + 1 < rounds && following !== 'disk-full';
      if (early) next = start(round + 1);
      const heard = await suffer(kind, round, child, people, { tools, dir, small });
      await ledger.check(heard);
      total.served += heard.served.length;
      total.refused += heard.refused;
      total.odd.push(...heard.odd);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      if (!early && round + 1 < rounds) next = start(round + 1);
      if ((round + 1) % 100 === 0 || round + 1 === rounds) {
        await ledger.verify();
        const seconds = Math.round((performance.now() - began) / 1000);
        console.log(
          `${round + 1} rounds, ${seconds} s: ${total.served} served, ${total.refused} refused, ` +
            `${ledger.size} entries, ${ledger.checkpoints} sizes signed, ${JSON.stringify(ledger.found)}`,
        );
      }
    }
    for (const [kind, count] of counts) console.log(`  ${kind}: ${count}`);
    if (library === null) console.log('  sync-fails: skipped, there is no C compiler');
    for (const reply of new Set(total.odd)) console.log(`  a reply nobody expects: ${reply}`);
    const { servedWithoutEntry, acknowledgedButMissing, sizesSignedTwice } = ledger.found;
    console.log(
      `served without entry ${servedWithoutEntry}, acknowledged but missing ${acknowledgedButMissing}, ` +
        `a size signed twice with different roots ${sizesSignedTwice}`,
    );
    return servedWithoutEntry + acknowledgedButMissing + sizesSignedTwice + total.odd.length === 0 ? 0 : 1;
  } finally {
    for (const child of children) child.kill();
    rmSync(dir, { recursive: true, force: true });
    rmSync(tools, { recursive: true, force: true });
  }
}

/** One life of a server: starts it, asks, makes it suffer, kills it. */
async function suffer(
  kind: Kind,
  round: number,
  child: Child,
  people: readonly Enrolled[],
  { tools, dir, small }: { tools: string; dir: string; small: boolean },
): Promise<Heard> {
  const writerFault = (inWriter as readonly string[]).includes(kind);
  const address = await child.start({
    kind: writerFault ? (kind as WriterFault) : 'none',
    at: 2 + (round % 23),
  });
  if (address === null) {
    // Killed, or out of room, while it was starting: nothing was served. Any other end is a fault of the server.
    if (!kind.startsWith('killed-') && kind !== 'disk-full')
      throw new Error(`the server did not start (${kind}): ${child.said}`);
    return { served: [], refused: 0, notes: [], odd: [] };
  }
  const trigger = join(tools, 'sync-fails');
  const ballast = join(dir, 'ballast');
  if (kind === 'sync-fails') writeFileSync(trigger, '');
  if (kind === 'disk-full' && small) fill(ballast);
  const wanted = 3 + ((round * 37) % 60);
  const survives = kind.startsWith('commit-') || kind === 'checkpoint-row-refused';
  const began = performance.now();
  let afterRefusal = -1;
  const enough = ({ served, refused }: Heard) => {
    if (performance.now() - began > 8_000) return true;
    if (kind === 'disk-full') return refused >= 20;
    if (kind === 'sync-fails' && refused >= 5) rmSync(trigger, { force: true });
    if (survives || kind === 'sync-fails') {
      // Until it was refused, or the lie was told unnoticed, and it serves again.
      if (refused > 0 && afterRefusal < 0) afterRefusal = served.length;
      return (afterRefusal >= 0 && served.length >= afterRefusal + 20) || served.length > 200;
    }
    return kind === 'killed' && served.length >= wanted;
  };
  const heard = await ask(address, people, enough, () => child.isDown);
  child.kill();
  await child.ended;
  rmSync(trigger, { force: true });
  rmSync(ballast, { force: true });
  return heard;
}

/** Takes every byte that is left. */
function fill(path: string): void {
  const mebibyte = Buffer.alloc(2 ** 20);
  try {
    for (let left = statfsSync(join(path, '..')).bavail; left > 0; left--)
      writeFileSync(path, mebibyte, { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

const largest = (dir: string) =>
  Math.max(
    ...['kuzot.sqlite', 'kuzot.sqlite-wal'].map((name) =>
      existsSync(join(dir, name)) ? statSync(join(dir, name)).size : 0,
    ),
  );

/** A small country in the folder, and officers with open sessions. */
async function found(dir: string): Promise<Enrolled[]> {
  const country = await benchCountry(500);
  try {
    const people = await enrol(country.installation, officers);
    await country.installation.close();
    cpSync(country.dir, dir, { recursive: true });
    chmodSync(join(dir, 'keys'), 0o700);
    mkdirSync(join(dir, 'compiled'));
    return people;
  } finally {
    rmSync(country.dir, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, dir: { type: 'string' }, help: { type: 'boolean' } },
});
const rounds = Number(values.rounds ?? 1_000);
if (values.help) console.log(usage);
else if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(usage);
  process.exitCode = 2;
} else process.exitCode = await run(rounds, resolve(values.dir ?? tmpdir()));
