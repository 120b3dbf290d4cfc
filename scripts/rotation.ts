// `node scripts/rotation.ts [--voters N] [--kills N] [--engine sqlite|postgres] [--dir DIR]`: the keys of a large list are
// changed while somebody reads it, and the rotation is killed in its middle. Prints what happened; ends with 1 when
// anything could not be read, was left behind, or is not in the log. A small one runs with the tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '#db/postgres/embedded.ts';
import { runRotation } from './rotation/run.ts';

const { values } = parseArgs({
  options: {
    voters: { type: 'string', default: '100000' },
    kills: { type: 'string', default: '2' },
    engine: { type: 'string', default: 'sqlite' },
    dir: { type: 'string', default: tmpdir() },
  },
});
const [voters, kills] = [Number(values.voters), Number(values.kills)];
const { engine } = values;
if (!Number.isInteger(voters) || !Number.isInteger(kills) || (engine !== 'sqlite' && engine !== 'postgres')) {
  console.error('--voters and --kills are whole numbers, --engine is sqlite or postgres');
  process.exit(2);
}
const dir = mkdtempSync(join(values.dir, 'kuzot-rotation-'));
// Its folder must be passable for the user PostgreSQL runs as, so it stands on its own.
const server =
  engine === 'postgres'
    ? await startEmbeddedPostgres({
        dataDir: join(tmpdir(), `kuzot-rotation-${process.pid}`),
        persistent: false,
      })
    : null;
try {
  const database = (await server?.database('rotation')) ?? `sqlite:${join(dir, 'kuzot.sqlite')}`;
  const { faults, ...result } = await runRotation({ dir, database, voters, kills, onStep: console.log });
  console.log(JSON.stringify({ engine, voters, ...result }, null, 1));
  for (const fault of faults) console.error(`wrong: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  await server?.stop();
  rmSync(dir, { recursive: true, force: true });
}
