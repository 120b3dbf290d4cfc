// A lost second factor: what two officials approve, and what happens when they have. Carrying it out takes the account back
// to `issued`, so that it is worth nothing until somebody activates it in person again.
import type { Reader, Row } from '#db/store.ts';
import type { Execution } from '#server/gate/approval.ts';
import { endSessions, forgetDevices, tellOwner, voidFactors } from '#server/gate/credentials.ts';
import { refuse } from '#server/gate/outcome.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { sha256 } from '#server/lib/digest.ts';
import { type AccountAsked, askOf } from './asks.ts';
import type { OfficersDeps } from './deps.ts';
import { changeOfficer } from './records.ts';

interface OfficerResetPayload {
  officer: string;
  /** The account as it was when asked: a later change makes the approval void. */
  version: number;
}

/** What a step-up for activating this account is bound to. */
export const activationHash = (officer: string) =>
  sha256(canonicalJson({ act: 'officer.activate', officer } as never));

/** The approval of a reset: its payload, the hash step-ups bind to, and the row of the request. */
export const resetApproval = ({ id, login, version }: AccountAsked) =>
  askOf({ kind: 'officer-reset', officer: id, login, version }, 2, 'incident');

/** An account whose password and factor are gone: worth nothing until it is activated in person. */
export const emptied = {
  state: 'issued',
  activatedBy: null,
  passwordHash: null,
  passwordTemporary: 1,
  passwordExpiresAt: null,
  totpSeed: null,
  totpConfirmedAt: null,
  totpStep: 0,
} satisfies Partial<Row<'officer'>>;

/**
 * Carries out an approved reset, in the very commit of the last approval: password and every factor go, sessions end, devices
 * are forgotten, open requests are void; guesses counted against the account stay.
 */
export const resetExecutor =
  (voidRequests: OfficersDeps['voidRequests']) =>
  async (reader: Reader, payload: string, by: { at: number }): Promise<Execution> => {
    const { officer, version } = JSON.parse(payload) as OfficerResetPayload; // written above, its hash was checked
    const found = await reader.officers.byId(officer);
    if (!found || found.officer.version !== version || found.officer.state !== 'active')
      return refuse('wrong-state', {
        detail: 'The account was changed since the request; ask for the reset anew',
      });
    const changes = [
      ...changeOfficer(found.officer, { ...emptied, trustedSince: by.at }, by.at),
      endSessions(officer, by.at, 'reset'),
      ...voidFactors(officer),
      forgetDevices(officer),
      ...voidRequests(officer, by.at),
      tellOwner(officer, by.at, 'access-reset'),
    ];
    return { changes, about: { detail: { officer } } };
  };
