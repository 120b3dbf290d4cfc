// A stored checkpoint joined with the cosignatures stored for it, as it is published and exported.

import { verifyCosignature } from './cosignature.ts';
import { formatVkey, parseNote, type Verifier } from './note.ts';
import { meetsQuorum, type Policy } from './policy.ts';

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

/** A stored cosignature: `witness` is a whole verifier key. */
export type CosignatureRow = { readonly size: number; readonly witness: string; readonly line: string };

/** The greatest size whose cosignatures, among these, meet the quorum, with its lines; null when none does. */
export function newestQuorum(
  rows: readonly CosignatureRow[],
  policy: Policy,
): { readonly size: number; readonly lines: readonly string[] } | null {
  if (policy.quorum === null) return null;
  const bySize = Map.groupBy(rows, ({ size }) => size);
  for (const size of [...bySize.keys()].sort((a, b) => b - a)) {
    const those = bySize.get(size)!;
    const cosigners = policy.witnesses.filter(({ verifier }) => {
      const key = formatVkey(verifier);
      return those.some(({ witness }) => witness === key);
    });
    if (meetsQuorum(policy, cosigners)) return { size, lines: those.map(({ line }) => line) };
  }
  return null;
}
