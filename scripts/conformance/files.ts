// Finding and reading vector files. A vector that is no JSON, or lacks a field, is a fault of the folder: thrown.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of the plain files under `dir`, relative to it, in name order. */
export function filesUnder(dir: string, ending = ''): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && item.name.endsWith(ending))
    .map((item) => join(item.parentPath, item.name).slice(dir.length).replace(/^\//, ''))
    .sort();
}

export function readJson(file: string): Record<string, unknown> {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${file}: no object`);
  return value as Record<string, unknown>;
}

/** Fields of a vector, checked for their type as they are taken. */
export class Fields {
  readonly #fields: Record<string, unknown>;

  constructor(fields: Record<string, unknown>) {
    this.#fields = fields;
  }

  has(name: string): boolean {
    return name in this.#fields;
  }

  number(name: string): number {
    const value = this.#fields[name];
    if (typeof value !== 'number') throw new TypeError(`field ${name} is no number`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== 'boolean') throw new TypeError(`field ${name} is neither true nor false`);
    return value;
  }

  bytes(name: string): Buffer {
    const value = this.#fields[name];
    if (typeof value !== 'string') throw new TypeError(`field ${name} is no base64 text`);
    return Buffer.from(value, 'base64');
  }

  /** A list of byte strings; null stands for the empty list. */
  bytesList(name: string): Buffer[] {
    const value = this.#fields[name] ?? [];
    if (!Array.isArray(value)) throw new TypeError(`field ${name} is no list`);
    return value.map((item) => Buffer.from(String(item), 'base64'));
  }
}
