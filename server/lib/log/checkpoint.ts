// C2SP checkpoints: the signed statement "this log has so many entries and this root", and the line that binds the
// published verifier key and witness policy to it. Signs what it is told: that a size is never signed twice with
// different roots, and never before its entries are durable, is the writer's duty.

import { hash } from 'node:crypto';
import { hashBytes } from './merkle.ts';
import {
  decodeBase64,
  type NoteSignature,
  openNote,
  type Refused,
  type Signer,
  signNote,
  type Verifier,
} from './note.ts';

export type Checkpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Lines after the root, without newlines. */
  readonly extensions: readonly string[];
};

/** The text that is signed. @throws TypeError for a size, root or line that no checkpoint can hold. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  if (!Number.isSafeInteger(size) || size < 0) throw new TypeError(`a checkpoint of size ${size}`);
  if (root.length !== hashBytes) throw new TypeError(`a root of ${root.length} bytes`);
  const lines = [origin, String(size), Buffer.from(root).toString('base64'), ...extensions];
  if (lines.some((line) => line === '' || line.includes('\n'))) {
    throw new TypeError('the lines of a checkpoint are not empty and hold no newline');
  }
  return `${lines.join('\n')}\n`;
}

/** Reads the text of a checkpoint, exactly as `formatCheckpoint` writes it. */
export function parseCheckpoint(text: string): ({ readonly kind: 'ok' } & Checkpoint) | Refused {
  const refused = (why: string): Refused => ({ kind: 'refused', why });
  if (!text.endsWith('\n')) return refused('the checkpoint does not end in a newline');
  const [origin, sizeText, rootText, ...extensions] = text.slice(0, -1).split('\n');
  if (rootText === undefined) return refused('a checkpoint has at least three lines');
  if (origin === undefined || origin === '') return refused('the checkpoint names no log');
  if (sizeText === undefined || !/^(0|[1-9]\d*)$/.test(sizeText))
    return refused('the size is not a decimal number');
  const size = Number(sizeText);
  if (!Number.isSafeInteger(size)) return refused('the size is beyond 2^53-1');
  const root = decodeBase64(rootText);
  if (root === null || root.length !== hashBytes)
    return refused('the root is not 32 bytes of canonical base64');
  if (extensions.includes('')) return refused('an extension line is empty');
  return { kind: 'ok', origin, size, root, extensions };
}

/** A signed checkpoint, ready to be stored and published. */
export function signCheckpoint(checkpoint: Checkpoint, signer: Signer): string {
  return signNote(formatCheckpoint(checkpoint), signer);
}

/** `body` is the signed text; `unknown` the signatures of others (witnesses), not yet checked. */
export type OpenedCheckpoint = {
  readonly kind: 'ok';
  readonly checkpoint: Checkpoint;
  readonly body: string;
  readonly signers: readonly Verifier[];
  readonly unknown: readonly NoteSignature[];
};

/** Opens a checkpoint of the log `origin` (by default: the first verifier's name), signed by one of its keys. */
export function openCheckpoint(
  note: string | Uint8Array,
  verifiers: readonly Verifier[],
  origin: string | undefined = verifiers[0]?.name,
): OpenedCheckpoint | Refused {
  const opened = openNote(note, verifiers);
  if (opened.kind === 'refused') return opened;
  const parsed = parseCheckpoint(opened.text);
  if (parsed.kind === 'refused') return parsed;
  if (parsed.origin !== origin) {
    return { kind: 'refused', why: `the checkpoint is of the log ${parsed.origin}, not of ${origin}` };
  }
  const { kind: _, ...checkpoint } = parsed;
  return { kind: 'ok', checkpoint, body: opened.text, signers: opened.known, unknown: opened.unknown };
}

/**
 * The extension line that puts the published verifier key and witness policy under the checkpoint's signature, so
 * that no byte of those files can change unnoticed.
 * @param vkeyText @param policyText the files' whole text, last newline included
 */
export function bindingLine(vkeyText: string, policyText: string): string {
  return `kuzot-files vkey ${sha256(vkeyText)} policy ${sha256(policyText)}`;
}

/** The extension line that numbers the checkpoints of a database, from 1: none of them can go without leaving a gap. */
export function numberLine(nth: number): string {
  return `kuzot-checkpoint ${nth}`;
}

/** The number of a checkpoint; null where none was signed with it. */
export function numberIn(extensions: readonly string[]): number | null {
  const found = extensions.find((line) => /^kuzot-checkpoint [1-9][0-9]{0,14}$/.test(line));
  return found === undefined ? null : Number(found.split(' ')[1]);
}

function sha256(text: string): string {
  return hash('sha256', text, 'base64');
}
