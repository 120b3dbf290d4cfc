// Reads settings that people write by hand: YAML files in the policies folder.
import { readFileSync } from 'node:fs';
import type { Static, TSchema } from 'typebox';
import { parse } from 'yaml';
import { faultOf } from './checked.ts';

/** A settings file that cannot be used; the message names file and field. */
export class SettingsFault extends Error {
  override readonly name = 'SettingsFault';
}

/** @throws SettingsFault */
export function readSettings<S extends TSchema>(path: string, schema: S): Static<S> {
  const content: unknown = parse(readFileSync(path, 'utf8'));
  const fault = faultOf(schema, content);
  if (fault) throw new SettingsFault(`${path}: ${fault.at || 'the file'} ${fault.says}`);
  return content as Static<S>;
}
