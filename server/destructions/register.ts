// The register of destruction acts beside the keys, outside the database: a copy restored from before an act does not know of
// it, and must lose the same data again. One JSON line an act, synced; it tells nothing of whose data it was.
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Row } from '#db/store.ts';

export type Destruction = Row<'destruction'>;

export interface Register {
  read(): Destruction[];
  /** Durable when it returns. */
  append(act: Destruction): void;
}

/** A register that cannot be read: going on could bring back what was destroyed. */
export class RegisterDamaged extends Error {
  override readonly name = 'RegisterDamaged';
}

const texts = ['id', 'number', 'orderedBy', 'orderedOn', 'basis', 'commission', 'counts', 'salt', 'mark'];

export function registerFile(path: string): Register {
  return {
    read() {
      return readText(path)
        .split('\n')
        .filter((line) => line !== '')
        .map((line, i) => parsed(line, `${path}: line ${i + 1}`));
    },
    append(act) {
      const file = openSync(path, 'a', 0o600);
      try {
        writeSync(file, `${JSON.stringify(act)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    },
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** @throws RegisterDamaged */
function parsed(line: string, where: string): Destruction {
  try {
    const act = JSON.parse(line) as Record<string, unknown>;
    if (texts.every((name) => typeof act[name] === 'string')) return act as unknown as Destruction;
  } catch {
    // Said below, with the place.
  }
  throw new RegisterDamaged(
    `${where} is not a destruction act. Put the file back from a copy of the key folder, or from the paper acts.`,
  );
}
