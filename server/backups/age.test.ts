/** Encrypting a backup's file and opening it again: who may, and what a damaged one does. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as age from 'age-encryption';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decryptFile, encryptFile, identityIn, recipientsFault } from './age.ts';

const dir = mkdtempSync(join(tmpdir(), 'kuzot-age-'));
const file = (name: string) => join(dir, name);
// Several of age's chunks of 64 KiB and a remainder.
const content = Buffer.alloc(200_001, 'Өмүралиева ');
const identities: string[] = [];
const recipients: string[] = [];
let stranger = '';

beforeAll(async () => {
  for (let i = 0; i < 2; i++) identities.push(await age.generateX25519Identity());
  for (const identity of identities) recipients.push(await age.identityToRecipient(identity));
  stranger = await age.generateX25519Identity();
  writeFileSync(file('plain'), content);
  await encryptFile(file('plain'), file('sealed'), recipients);
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('an encrypted backup', () => {
  test('opens for each recipient alone, byte for byte, and only for the owner of the file', async () => {
    expect(statSync(file('sealed')).mode & 0o777).toBe(0o600);
    for (const [i, identity] of identities.entries()) {
      expect(await decryptFile(file('sealed'), file(`open-${i}`), identity)).toEqual({ kind: 'decrypted' });
      expect(readFileSync(file(`open-${i}`)).equals(content)).toBe(true);
      expect(statSync(file(`open-${i}`)).mode & 0o777).toBe(0o600);
    }
  });

  test('does not open for anybody else', async () => {
    expect(await decryptFile(file('sealed'), file('strange'), stranger)).toMatchObject({ kind: 'refused' });
  });

  test.each([1, 16, 65_536 + 16, 150_000])('cut by %i bytes at its end is refused', async (cut) => {
    writeFileSync(file('cut'), readFileSync(file('sealed')).subarray(0, -cut));
    const answer = await decryptFile(file('cut'), file(`cut-${cut}`), identities[0]!);
    expect(answer).toMatchObject({ kind: 'refused' });
  });

  test.each([100, 500, 100_000, 200_000])('with one bit of byte %i flipped is refused', async (at) => {
    const bytes = readFileSync(file('sealed'));
    bytes[at]! ^= 1;
    writeFileSync(file('flipped'), bytes);
    const answer = await decryptFile(file('flipped'), file(`flipped-${at}`), identities[0]!);
    expect(answer).toMatchObject({ kind: 'refused' });
  });

  test('never overwrites what is there', async () => {
    writeFileSync(file('kept'), 'kept');
    await expect(decryptFile(file('sealed'), file('kept'), identities[0]!)).rejects.toThrow(/EEXIST/);
    await expect(encryptFile(file('plain'), file('kept'), recipients)).rejects.toThrow(/EEXIST/);
    expect(readFileSync(file('kept'), 'utf8')).toBe('kept');
    expect(existsSync(file('plain'))).toBe(true);
  });
});

describe('recipients', () => {
  test('two different ones are asked for', () => {
    const [one, two] = recipients as [string, string];
    expect(recipientsFault([one, two])).toBeNull();
    for (const few of [[], [one], [one, one]]) expect(recipientsFault(few)).toMatch(/2 different/);
  });

  test('an identity given instead is refused without being repeated', () => {
    const fault = recipientsFault([recipients[0]!, identities[0]!])!;
    expect(fault).toMatch(/identity/);
    expect(fault).not.toContain(identities[0]!.slice(15, 40));
  });

  test('what is no recipient is named by its beginning', () => {
    expect(recipientsFault([recipients[0]!, 'age1nonsense'])).toMatch(/age1nonsense/);
  });
});

test('an identity is found among the comment lines of its file', () => {
  expect(identityIn(`# created\n# public key: age1x\n${stranger}\n`)).toBe(stranger);
  expect(identityIn('# nothing here\n')).toBeNull();
});
