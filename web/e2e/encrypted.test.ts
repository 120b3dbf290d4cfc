// A morning on a database that is encrypted whole, in a real browser: a voter found, an application taken, the log checked and a
// backup made beside the server; and whoever copies the files meanwhile reads nobody in them.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as age from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Desk } from './desk.ts';
import { openTown, type Town } from './town.ts';

describe('on a database that is encrypted whole', () => {
  let town: Town;
  let desk: Desk;
  let row: ReturnType<Town['votersOf']>[number];

  beforeAll(async () => {
    town = await openTown(['precinct-member-1'], { cipher: 'chacha20' });
    desk = await town.sit();
    const rows = town.votersOf(town.person('precinct-member-1').commission);
    row = rows.find(({ surname }) => Buffer.byteLength(surname) > 16)!;
  });
  afterAll(() => town?.close());

  test('a voter is found and an application about them is taken', async () => {
    const { page } = desk;
    await desk.logIn(town.person('precinct-member-1'));
    await page.getByRole('link', { name: 'Voters', exact: true }).first().click();
    await page.getByLabel('Name or PIN').fill(row.pin);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByRole('link', { name: new RegExp(`^${row.surname}`) }).click();
    await page.getByRole('button', { name: 'Take an application about this voter' }).click();
    await page.getByRole('radio', { name: /^Error in the data/ }).check();
    await page.getByRole('checkbox', { name: 'Address' }).check();
    await page.getByLabel('New value: Address').fill('Достук көчөсү, 7');
    await page.getByRole('button', { name: 'Check the answers' }).click();
    await page.getByRole('button', { name: 'Save the application' }).click();
    await page.getByRole('heading', { name: /^Application / }).waitFor();
    expect(desk.faults).toEqual([]);
  });

  test('the log verifies and a backup is made beside it; without the setting both are refused', async () => {
    expect(await kuzot(['audit', 'verify'])).toMatchObject({ code: 0, said: expect.stringMatching(/^ok: /) });
    const identities = [await age.generateIdentity(), await age.generateIdentity()];
    const to = await Promise.all(identities.map((identity) => age.identityToRecipient(identity)));
    const backup = join(town.dir, 'backup.age');
    expect(await kuzot(['backup', backup, '--to', to[0]!, '--to', to[1]!])).toMatchObject({ code: 0 });
    const secret = join(town.dir, 'identity');
    writeFileSync(secret, `${identities[0]}\n`, { mode: 0o600 });
    const tested = await kuzot(['backup', 'verify', backup, '--identity', secret]);
    expect(tested, tested.said).toMatchObject({ code: 0 });
    const plain = await kuzot(['audit', 'verify'], {});
    expect(plain).toMatchObject({ code: 2, said: expect.stringMatching(/KUZOT_DB_CIPHER is not set/) });
  });

  test('no file beside the list it came from holds the voter, while the server runs', () => {
    const files = readdirSync(town.dir, { recursive: true, encoding: 'utf8' })
      .filter((name) => !/^(country|fonts-cache)/.test(name))
      .map((name) => join(town.dir, name))
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
    expect(files.some((path) => path.endsWith('-wal') && statSync(path).size > 0)).toBe(true);
    for (const path of files) {
      const bytes = bytesOf(path);
      for (const trace of [row.pin, row.surname, 'SQLite format 3'])
        expect(bytes.includes(trace), `${trace} in ${path}`).toBe(false);
    }
  });

  /** Nothing of a file that is gone since, as the new head of the log is once it has taken the place of the old one. */
  function bytesOf(path: string): Buffer {
    try {
      return readFileSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    }
  }

  function kuzot(args: string[], setting: NodeJS.ProcessEnv = { KUZOT_DB_CIPHER: 'chacha20' }) {
    const place = ['--db', town.database, '--keys', town.keysDir];
    const { PATH, TMPDIR } = process.env;
    const env = { PATH, ...(TMPDIR && { TMPDIR }), ...setting };
    return new Promise<{ code: number; said: string }>((done) => {
      execFile(process.execPath, ['scripts/kuzot.ts', ...args, ...place], { env }, (error, out, err) => {
        done({ code: error ? Number(error.code) : 0, said: out + err });
      });
    });
  }
});
