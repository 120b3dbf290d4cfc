// A disabled account coming back: one official asks, a second decides, and it returns empty, to be activated in person as a
// new one is; one whose role nobody had granted waits for that still. Neither password nor factor is trusted again.
import type { Reader } from '#db/store.ts';
import type { Execution } from '#server/gate/approval.ts';
import { endSessions, forgetDevices, voidFactors } from '#server/gate/credentials.ts';
import { refuse } from '#server/gate/outcome.ts';
import type { RowMacs } from '#server/lib/row-macs.ts';
import { type AccountAsked, askOf } from './asks.ts';
import { changeOfficer } from './records.ts';
import { emptied } from './reset.ts';

export const enableApproval = ({ id, login, version }: AccountAsked) =>
  askOf({ kind: 'officer-enable', officer: id, login, version }, 1, 'review');

export const enableExecutor =
  (macs: RowMacs) =>
  async (reader: Reader, payload: string, by: { at: number }): Promise<Execution> => {
    const { officer, version } = JSON.parse(payload) as { officer: string; version: number };
    const found = await reader.officers.byId(officer);
    if (!found || found.officer.version !== version || found.officer.state !== 'disabled')
      return refuse('wrong-state', { detail: 'The account was changed since the request; ask anew' });
    // Threat: a role that others refused to grant comes in by disabling the account and enabling it again.
    // What is forged of its history, or taken out of it, counts as never granted.
    const history = await reader.officers.history(officer);
    const isWhole = history.every(
      (row, i) => row.version === version - i && macs.holds('officerVersion', 'mac', row),
    );
    const before = history.find(({ state }) => state !== 'disabled');
    const empty = { ...emptied, trustedSince: by.at };
    const set =
      !isWhole || before === undefined || before.state === 'requested'
        ? { ...empty, state: 'requested' }
        : empty;
    const changes = [
      ...changeOfficer(found.officer, set, by.at),
      endSessions(officer, by.at, 'enabled-anew'),
      ...voidFactors(officer),
      forgetDevices(officer),
    ];
    return { changes, about: { detail: { officer } } };
  };
