// A lost second factor: what two officials approve, and what happens when they have. Carrying it out takes the account back
// to `issued`, so that it is worth nothing until somebody activates it in person again.
import { hash } from 'node:crypto';
import type { Change, NewRow, Reader, Row } from '#db/store.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { changeOfficer, endSessions, forgetDevices, voidFactors } from './records.ts';

/** Canonical JSON of exactly this is the approval's payload. */
export interface OfficerResetPayload {
  kind: 'officer-reset';
  officer: string;
  /** The account as it was when asked: a later change makes the approval void. */
  version: number;
}

const dayMs = 86_400_000;
/** An approval nobody completes lapses. */
const lapsesAfterMs = 3 * dayMs;

const sha256 = (text: string) => hash('sha256', text, 'hex');

/** What a step-up for activating this account is bound to. */
export const activationHash = (officer: string) =>
  sha256(canonicalJson({ act: 'officer.activate', officer } as never));

/** The approval of a reset: its payload, the hash step-ups bind to, and the row of the request. */
export function resetApproval(officer: string, version: number) {
  const body: OfficerResetPayload = { kind: 'officer-reset', officer, version };
  const payload = canonicalJson(body as never);
  const payloadHash = sha256(payload);
  return {
    payloadHash,
    row: (facts: {
      approval: string;
      officer: Row<'officer'>;
      requestedBy: string;
      now: number;
    }): Omit<NewRow<'approval'>, 'entry'> & { entry: { entrySeq: number } } => ({
      id: facts.approval,
      kind: 'officer-reset',
      payload,
      payloadHash,
      persons: 1,
      purpose: 'incident',
      commission: facts.officer.commission,
      requestedBy: facts.requestedBy,
      requestedAt: facts.now,
      state: 'pending',
      needed: 2,
      expiresAt: facts.now + lapsesAfterMs,
      entry: { entrySeq: 0 },
      version: 1,
    }),
  };
}

/**
 * What carrying out an approved reset changes: password and every factor go, sessions end, devices are forgotten, guesses
 * counted against the account stay. For the approvals room, at execution, under the act `officer.reset`.
 * Null when the account is gone or was changed since the request: the approval is void.
 */
export async function applyOfficerReset(
  payload: OfficerResetPayload,
  reader: Reader,
  now: number,
): Promise<Change[] | null> {
  const found = await reader.officers.byId(payload.officer);
  if (!found || found.officer.version !== payload.version || found.officer.state !== 'active') return null;
  const emptied = {
    state: 'issued',
    activatedBy: null,
    passwordHash: null,
    passwordTemporary: 1,
    passwordExpiresAt: null,
    totpSeed: null,
    totpConfirmedAt: null,
    totpStep: 0,
  };
  return [
    ...changeOfficer(found.officer, emptied, now),
    ...(await endSessions(reader, payload.officer, now, 'reset')),
    ...(await voidFactors(reader, payload.officer)),
    ...(await forgetDevices(reader, payload.officer)),
  ];
}

/** The same in the shape the approvals room executes: in the very commit of the last approval. */
export async function executeOfficerReset(
  reader: Reader,
  payload: string,
  by: { at: number },
): Promise<{ changes: Change[]; about: EntryAbout } | Refusal> {
  const wanted = JSON.parse(payload) as OfficerResetPayload; // written by resetApproval, its hash was checked
  const changes = await applyOfficerReset(wanted, reader, by.at);
  if (!changes)
    return refuse('wrong-state', {
      detail: 'The account was changed since the request; ask for the reset anew',
    });
  return { changes, about: { detail: { officer: wanted.officer } } };
}
