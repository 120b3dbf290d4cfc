// What people keep outside a log to hold it to: verifier keys and a checkpoint it once had, given as text or as the
// name of a file. Also the form in which every check says what it found.

import { existsSync, readFileSync } from 'node:fs';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { keysNamed, type Predecessor } from './lineage.ts';
import { parseVkey, type Verifier } from './note.ts';
import { type Policy, parsePolicy } from './policy.ts';

/** `where` names the file, table row, entry or hash; `why` completes the sentence. */
export type Broken = { readonly kind: 'broken'; readonly where: string; readonly why: string };

export const broken = (where: string, why: string): Broken => ({ kind: 'broken', where, why });

/** Verifier keys, one a line (several after a rotation of keys); each a text, or all of them a file. */
export function readKeys(given: string): readonly Verifier[] | Broken {
  const keys: Verifier[] = [];
  for (const line of textOrFile(given).split('\n')) {
    if (line.trim() === '') continue;
    const parsed = parseVkey(line.trim());
    if (parsed.kind === 'refused') {
      return broken(
        'the key given',
        isFile(given) ? parsed.why : `is neither a file nor a verifier key: ${parsed.why}`,
      );
    }
    keys.push(parsed.verifier);
  }
  return keys.length > 0 ? keys : broken('the key given', 'is empty');
}

/**
 * A checkpoint of the log `origin`, or of one it goes on from, signed by one of `keys`. Of a predecessor only what both logs
 * share can still be held against this one.
 */
export function readKeptCheckpoint(
  given: string,
  keys: readonly Verifier[],
  origin: string,
  predecessors: readonly Predecessor[] = [],
): Checkpoint | Broken {
  const text = textOrFile(given);
  const before = predecessors.find((one) => text.startsWith(`${one.origin}\n`));
  const name = before?.origin ?? origin;
  // A shell's $(cat FILE) drops the last newline; here that loses nothing.
  const opened = openCheckpoint(text.endsWith('\n') ? text : `${text}\n`, keysNamed(keys, name), name);
  if (opened.kind === 'ok') {
    const { checkpoint } = opened;
    if (before === undefined || checkpoint.size <= before.kept) return checkpoint;
    return broken(
      'the checkpoint given',
      `is of ${name} and covers ${checkpoint.size} entries, of which this log kept ${before.kept}: the others were lost. ` +
        'Its entries log.rollback and log.recover say when, and who put their names to it',
    );
  }
  const why = isFile(given)
    ? opened.why
    : `is neither a file nor a signed checkpoint of this log: ${opened.why}`;
  return broken('the checkpoint given', why);
}

/** A witness policy (C2SP tlog-policy). */
export function readKeptPolicy(given: string): Policy | Broken {
  const parsed = parsePolicy(textOrFile(given));
  if (parsed.kind === 'ok') return parsed.policy;
  return broken(
    'the policy given',
    isFile(given) ? parsed.why : `is neither a file nor a witness policy: ${parsed.why}`,
  );
}

export function isBroken(result: object): result is Broken {
  return 'kind' in result && result.kind === 'broken';
}

/** What is no existing file is taken as text; a note is never a path, for it has several lines. */
function textOrFile(given: string): string {
  return isFile(given) ? readFileSync(given, 'utf8') : given;
}

function isFile(given: string): boolean {
  return !given.includes('\n') && existsSync(given);
}
