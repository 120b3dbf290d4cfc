// Putting an earlier version of a voter back (R34): what exactly is approved, and what carrying it out changes.

import type { Reader } from '#db/store.ts';
import { refuse } from '#server/gate/outcome.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';
import { changeVoter, versionSet } from './rules.ts';

/** The calendar's word on whether the list is frozen, from the calendar room. */
export type IsFrozen = (reader: Reader, now: number) => Promise<boolean>;

export function restorePayload(voter: string, version: number, from: number, basis: string): string {
  return canonicalJson({ from, version, voter, ...(basis && { legalReference: basis }) });
}
export function restoreHash(voter: string, version: number, from: number, basis: string): string {
  return sha256(restorePayload(voter, version, from, basis));
}

export const frozen = () =>
  refuse('frozen', {
    field: 'legalReference',
    detail: 'The list is frozen: name the legal basis of this restoration',
  });

/**
 * What executing an approved restoration changes. Refuses when the voter changed since it was asked for, is blocked,
 * or the list has frozen and no legal basis was named.
 * @returns the voter's changes, or the reason why not
 */
export async function executeRestore(
  reader: Reader,
  payloadJson: string,
  by: { officer: string; at: number },
  isFrozen: IsFrozen,
) {
  const payload = JSON.parse(payloadJson) as {
    voter: string;
    version: number;
    from: number;
    legalReference?: string;
  };
  const found = await reader.voters.byId(payload.voter);
  const kept = (await reader.voters.versions(payload.voter)).find((row) => row.version === payload.version);
  if (!found || !kept || found.voter.version !== payload.from)
    return refuse('record-changed', { detail: 'Deny this request, and ask again from the present record' });
  if ((await reader.voters.openBlocks(payload.voter)).length) return refuse('blocked');
  const late = await isFrozen(reader, by.at);
  if (late && !payload.legalReference) return frozen();
  const change = changeVoter(found.voter, versionSet(kept.row), { ...by, application: null });
  return { kind: 'restore' as const, voter: found.voter, frozen: late, ...change };
}
