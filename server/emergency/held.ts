// Whether emergency access widens an officer's reach just now: for this act, over this unit, in this session. Asked by the
// gate only where the unit lies outside the officer's own.
// Threat: a row written past the server. What the row claims counts only where the log holds the vote that opened it: who,
// in which session, which unit and acts, and when are taken from that entry, which nobody adds or alters unnoticed; and only
// where no entry behind it says that it was ended.
import type { Reader, Row } from '#db/store.ts';
import { emergencyActs } from '#server/contract/vocabulary.ts';
import type { Widened } from '#server/gate/gate.ts';
import { mayFollowInLog, opened } from '#server/gate/in-log.ts';
import { lastsMs } from './rules.ts';

const reading: ReadonlySet<string> = new Set(emergencyActs);
/** Entries remembered; they never change. */
const rememberedAtMost = 1_000;

/** What a vote that opened one says (approval.ts), with the time of its leaf, and what the log says of its end. */
interface Opened {
  at: number;
  isEnded: boolean;
  emergency: string;
  officer: string;
  session: string;
  precinct: string;
  acts: string[];
}

/** Which acts a row opens now, by the log: none where nobody opened what it says, or where that is over. */
export type OpenedActs = (row: Row<'emergency'>, now: number) => Promise<readonly string[]>;

export interface OpenedInLog {
  acts: OpenedActs;
  /** To be called where one may have been ended: what the log says of ends is asked anew. */
  lookAgain(): void;
}

export function openedInLog(reader: Reader): OpenedInLog {
  // Promises: what is asked for in the moment of an end goes with the rest and is not remembered behind it.
  const remembered = new Map<number, Promise<Opened | null>>();

  async function read(entry: number, now: number): Promise<Opened | null> {
    const [row] = await reader.audit.entriesAt([entry]);
    const said = row ? opened(row) : null;
    if (said === null) return null;
    const { t, act, outcome } = said.leaf as { t: number; act: string; outcome: string };
    const detail = said.detail as unknown as Opened & { verdict?: string };
    if (act !== 'approval.approve' || outcome !== 'done' || detail.verdict !== 'executed') return null;
    if (typeof detail.emergency !== 'string') return null;
    const ended = { act: 'emergency.end', after: entry } as const;
    const isEnded =
      // Threat: a row that names an old entry has the whole log read behind it.
      now >= t + lastsMs ||
      (await mayFollowInLog(reader, ended, ({ emergency }) => emergency === detail.emergency));
    return { ...detail, at: t, isEnded };
  }

  async function openedAt(entry: number | null, now: number): Promise<Opened | null> {
    if (entry === null) return null;
    const known = remembered.get(entry);
    if (known) return known;
    const found = read(entry, now);
    if (remembered.size >= rememberedAtMost) remembered.delete(remembered.keys().next().value!);
    remembered.set(entry, found);
    const forget = () => {
      if (remembered.get(entry) === found) remembered.delete(entry);
    };
    found.then((said) => {
      if (said === null) forget();
    }, forget);
    return found;
  }

  return {
    async acts(row, now) {
      const said = await openedAt(row.openedEntry, now);
      const isSaid =
        said !== null &&
        !said.isEnded &&
        said.emergency === row.id &&
        said.officer === row.officer &&
        said.session === row.session &&
        said.precinct === row.commission &&
        now < said.at + lastsMs;
      return isSaid ? said.acts.filter((act) => reading.has(act)) : [];
    },
    lookAgain: () => remembered.clear(),
  };
}

/** @returns a function answering the emergency access that claims to cover it, or null */
export function heldEmergency(reader: Reader, openedActs: OpenedActs): Widened {
  return async (ctx, act, unit) => {
    // Invariant: whatever was written into a row, only the reading of voters is ever widened.
    if (!ctx.actor || !ctx.session || !reading.has(act)) return null;
    const { actor, session, now } = ctx;
    const claims = async () =>
      (await reader.emergencies.held(actor.id, session.id, now)).filter(
        ({ emergency, path }) => unit.startsWith(path) && emergency.acts.split(',').includes(act),
      );
    let unbacked: string | null = null;
    for (const { emergency } of await claims()) {
      if ((await openedActs(emergency, now)).includes(act)) return { id: emergency.id, isInLog: true };
      unbacked = emergency.id;
    }
    // Ended at this very moment, row and log disagreed for no longer than it took to ask both.
    if (unbacked === null || !(await claims()).some(({ emergency }) => emergency.id === unbacked))
      return null;
    return { id: unbacked, isInLog: false };
  };
}

/** Whether the officer holds one that somebody opened, in any session: a row that was made up stands in nobody's way. */
export async function holdsOne(
  reader: Reader,
  openedActs: OpenedActs,
  officer: string,
  now: number,
): Promise<boolean> {
  for (const { emergency } of await reader.emergencies.ownRunning(officer, now))
    if ((await openedActs(emergency, now)).length > 0) return true;
  return false;
}
