import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('who loads the embedded PostgreSQL keeps the code it ends with: failed tests are not told as passed', () => {
  const module = JSON.stringify(new URL('./embedded.ts', import.meta.url).href);
  const run = (code: number) =>
    spawnSync(process.execPath, [
      '--input-type=module',
      '-e',
      `await import(${module}); process.exitCode = ${code}`,
    ]);
  expect([run(3).status, run(0).status]).toEqual([3, 0]);
});
