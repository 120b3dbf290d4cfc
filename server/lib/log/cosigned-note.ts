// A stored checkpoint joined with the cosignatures stored for it, as it is published and exported.

import { openCheckpoint } from './checkpoint.ts';
import { verifyCosignature } from './cosignature.ts';
import { parseNote, type Verifier } from './note.ts';
import { checkCosignatures, type Policy, type Witnessed, witnessedBy } from './policy.ts';

/** Adds the lines by witnesses of the policy, in its order; lines of others, or that do not stand, stay out. */
export function addCosignatures(note: string, lines: readonly string[], { witnesses }: Policy): string {
  const parsed = parseNote(note);
  if (parsed.kind === 'refused') return note;
  const added: string[] = [];
  for (const { verifier } of witnesses) {
    const has = parsed.signatures.some((one) => one.name === verifier.name && one.keyId === verifier.keyId);
    const line = has ? undefined : lines.find((one) => stands(parsed.text, one, verifier));
    if (line !== undefined) added.push(line);
  }
  return note + added.join('');
}

function stands(body: string, line: string, verifier: Verifier): boolean {
  const parsed = parseNote(`${body}\n${line}`);
  if (parsed.kind === 'refused' || parsed.text !== body || parsed.signatures.length !== 1) return false;
  return verifyCosignature(body, parsed.signatures[0]!, verifier).kind === 'ok';
}

/** What the witnesses say of a published note, under a policy; null when the note or a cosignature is not right. */
export function witnessedNote(note: string, log: Verifier, policy: Policy): Witnessed | null {
  const opened = openCheckpoint(note, [log]);
  if (opened.kind === 'refused') return null;
  const cosigned = checkCosignatures(opened.body, opened.unknown, policy);
  return cosigned.kind === 'refused' ? null : witnessedBy(cosigned, policy);
}
