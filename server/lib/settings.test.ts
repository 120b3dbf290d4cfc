// Claims: a settings file is read as it stands, and what is wrong with one is told with its file and field.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { afterAll, expect, test } from 'vitest';
import { readSettings, SettingsFault } from './settings.ts';

const dir = mkdtempSync(join(tmpdir(), 'kuzot-settings-'));
const path = join(dir, 'a.yml');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const Settings = Type.Object(
  { days: Type.Integer({ minimum: 1 }), names: Type.Array(Type.String({ minLength: 2 })) },
  { additionalProperties: false },
);
const read = (text: string) => {
  writeFileSync(path, text);
  return readSettings(path, Settings);
};

test('what is right is taken as it stands', () => {
  expect(read('days: 3\nnames: [ab, cd]')).toEqual({ days: 3, names: ['ab', 'cd'] });
});

test.each([
  ['days: "3"\nnames: []', '/days must be integer'],
  ['days: 0\nnames: []', '/days must be >= 1'],
  ['days: 3\nnames: [ab, c]', '/names/1 must NOT have fewer than 2 characters'],
  ['days: 3', "the file must have required property 'names'"],
  ['days: 3\nnames: []\nmore: 1', 'the file must NOT have additional properties'],
  ['', 'the file must be object'],
])('%j is told as: %s', (text, told) => {
  expect(() => read(text)).toThrow(new SettingsFault(`${path}: ${told}`));
});
