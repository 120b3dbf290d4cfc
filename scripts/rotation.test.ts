/** Keys are changed under whoever reads, and the change is killed twice in its middle: nothing is unreadable at any moment. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startRig } from '#db/conformance/rig.ts';
import { runRotation } from './rotation/run.ts';

test.each([
  ['sqlite', 2],
  ['postgres', 1],
] as const)(
  '13.3.4 on %s, killed in its middle (%i), it ends with all under the new keys, and a reader beside it never met what it could not open',
  async (engine, kills) => {
    const dir = mkdtempSync(join(tmpdir(), 'kuzot-rotation-'));
    const rig = await startRig(engine);
    try {
      const { url: database } = await rig.fresh();
      const voters = 600;
      const { faults, ...result } = await runRotation({ dir, database, voters, kills });
      expect(faults).toEqual([]);
      expect(result).toMatchObject({ values: 3 * voters + voters / 100, indexes: voters });
      expect(result.reader.passes).toBeGreaterThan(0);
      expect(result.reader.found).toBeGreaterThan(0);
    } finally {
      await rig.stop();
      rmSync(dir, { recursive: true });
    }
  },
  240_000,
);
