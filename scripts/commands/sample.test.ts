import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openReadOnly } from '#db/open.ts';
import { exportAudit } from '#server/audit/export.ts';
import { type ConsoleRig, openConsole } from '#server/test/console-rig.ts';
import { auditCommand } from './audit.ts';
import { claimSentence, langs, sizeSentence } from './sample-words.ts';

let rig: ConsoleRig;
let dir = '';

beforeAll(async () => {
  rig = await openConsole();
  const admin = await rig.logIn('central-admin', 'CEC');
  const auditor = await rig.logIn('auditor', 'CEC');
  for (let i = 0; i < 30; i++) await admin.get('/api/officers');
  const fixed = await auditor.post('/api/audit/samples', { to: '2025-11-04' });
  expect(fixed.statusCode, fixed.body).toBe(201);
  const dice = { expectedVersion: 1, source: 'dice', digits: '61325142635142631425' };
  expect((await auditor.post('/api/audit/samples/1/actions/draw', dice)).statusCode).toBe(200);
  const { note } = await rig.store.checkpoint();
  dir = join(rig.dir, 'log');
  const reading = await openReadOnly(`sqlite:${rig.path}`);
  await exportAudit(reading.log, note, rig.keys, dir);
  await reading.close();
});
afterAll(() => rig.close());
afterEach(() => vi.restoreAllMocks());

async function run(...args: string[]): Promise<{ code: number; said: string; told: string }> {
  const said: string[] = [];
  const told: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void told.push(line));
  process.exitCode = undefined;
  try {
    await auditCommand()
      .exitOverride()
      .parseAsync(['sample', ...args], { from: 'user' });
    return { code: Number(process.exitCode ?? 0), said: said.join('\n'), told: told.join('\n') };
  } finally {
    process.exitCode = undefined;
  }
}

describe('kuzot audit sample', () => {
  test('verify repeats every draw from the files alone', async () => {
    const { code, said, told } = await run('verify', dir);
    expect(code, told).toBe(0);
    expect(said).toMatch(/^ok: sample 1; entries 0 to \d+; 23 of 30; .* with 61325142635142631425;/);
    const { said: json } = await run('verify', dir, '--json');
    expect(JSON.parse(json)).toMatchObject({ number: 1, faults: [], fix: { n: 23, population: 30 } });
  });

  test('a digit changed in the files is found before any draw is believed', async () => {
    const tile = join(dir, `tile/entries/000.p/${rig.size()}`);
    const bytes = readFileSync(tile);
    const at = bytes.indexOf('61325142635142631425');
    expect(at).toBeGreaterThan(0);
    const changed = Buffer.from(bytes);
    changed[at] = '5'.charCodeAt(0);
    writeFileSync(tile, changed);
    const { code, told } = await run('verify', dir);
    writeFileSync(tile, bytes);
    expect(code).toBe(1);
    expect(told).toMatch(/^wrong: tile\/entries/);
  });

  test('says in three languages why so many are drawn, and what a closed sample claims', () => {
    const size = { population: 12_345, wanted: 59, confidence: 95, rate: 25 };
    expect(langs.map((lang) => sizeSentence(lang, size))).toEqual([
      'Аракеттердин 2,5 %ы туура эмес болсо, алардын жок дегенде бирин 95 % ишеним менен табуу үчүн 12 345 аракеттин ичинен 59 аракет каралышы керек.',
      'Чтобы с уверенностью 95 % найти хотя бы одно неправильное действие, если неправильны 2,5 % действий, нужно просмотреть 59 из 12 345.',
      'To find with 95 % certainty at least one wrong act if 2.5 % are wrong, 59 of 12 345 must be looked at.',
    ]);
    for (const lang of langs) expect(claimSentence(lang, size, 600)).toContain('600');
  });
});
