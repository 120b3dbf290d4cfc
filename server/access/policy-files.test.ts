// The policy on second factors is read strictly: a slip in the file stops the start and says where.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Gate } from '#server/gate/gate.ts';
import { createRowMacs } from '#server/lib/row-macs.ts';
import { createSealer } from '#server/lib/secrets.ts';
import { createAccess } from './access.ts';
import { readBriefing, readFactorPolicy, readPasswordPolicy } from './policy-files.ts';

const shipped = join(import.meta.dirname, '..', '..', 'policies');
const dir = mkdtempSync(join(tmpdir(), 'kuzot-factors-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test.each(['http://127.0.0.1:8080', 'http://[::1]:8080'])(
  'a role that must show a passkey cannot at %s, which has no name: the start is refused',
  (origin) => {
    const shippedPolicy = readFactorPolicy(shipped);
    const start = (passkeyRequired: typeof shippedPolicy.passkeyRequired) =>
      createAccess({
        gate: { reader: {} } as Gate,
        keys: { jwt: Buffer.alloc(32), pepper: Buffer.alloc(32), seal: createSealer(Buffer.alloc(32), 1) },
        macs: createRowMacs(Buffer.alloc(32), true),
        clock: () => 0,
        passwordDue: async () => false,
        voidRequests: () => [],
        limits: false,
        policies: {
          passwords: readPasswordPolicy(shipped),
          briefing: readBriefing(shipped),
          factors: { ...shippedPolicy, passkeyRequired },
        },
        origin,
      });
    expect(() => start(['auditor'])).toThrow(/host name/);
    expect(() => start([])).not.toThrow();
  },
);

test('as shipped no role must show a passkey', () => {
  expect(readFactorPolicy(shipped).passkeyRequired).toEqual([]);
});

test.each([
  ['passkeyRequired: []', 'passkeyRequired: [security-oficer]', '/passkeyRequired/0'],
  ['passkeyRequired: []', 'passkeyRequired: [auditor, auditor]', '/passkeyRequired'],
  ['passkeyRequired: []', 'passkeysRequired: []', 'the file'],
  ['passkeysAtMost: 10', 'passkeysAtMost: 1', '/passkeysAtMost'],
  ['challengeSeconds: 120', 'challengeSeconds: 0', '/challengeSeconds'],
  ['syncedPasskeys: true', 'syncedPasskeys: yes please', '/syncedPasskeys'],
])('%s written as %s is refused with its place', (right, wrong, place) => {
  copyFileSync(join(shipped, 'factors.yml'), join(dir, 'factors.yml'));
  const text = readFileSync(join(dir, 'factors.yml'), 'utf8');
  expect(text).toContain(`\n${right}\n`);
  writeFileSync(join(dir, 'factors.yml'), text.replace(`\n${right}\n`, `\n${wrong}\n`));
  expect(() => readFactorPolicy(dir)).toThrow(place);
});
