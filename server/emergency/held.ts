// Whether emergency access widens an officer's reach just now: for this act, over this unit, in this session. Asked by the
// gate only where the unit lies outside the officer's own.
// Threat: a row written past the server. What the row claims counts only where the log holds the vote that opened it: who,
// in which session, which unit and acts, and when are taken from that entry, which nobody adds or alters unnoticed.
import type { Reader, Row } from '#db/store.ts';
import { emergencyActs } from '#server/contract/vocabulary.ts';
import type { Widened } from '#server/gate/gate.ts';
import type { StoredEvent } from '#server/gate/leaf.ts';
import { checkOpenings } from '#server/gate/opening-check.ts';
import { lastsMs } from './rules.ts';

const reading: ReadonlySet<string> = new Set(emergencyActs);
/** Entries remembered; they never change. */
const rememberedAtMost = 1_000;

/** What a vote that opened one says (approval.ts), with the time of its leaf. */
interface Opened {
  at: number;
  emergency: string;
  officer: string;
  session: string;
  precinct: string;
  acts: string[];
}

/** Which acts a row opens now, by the log: none where nobody opened what it says, or where that is over. */
export type OpenedActs = (row: Row<'emergency'>, now: number) => Promise<readonly string[]>;

export function openedInLog(reader: Reader): OpenedActs {
  const remembered = new Map<number, Opened>();

  async function openedAt(entry: number | null): Promise<Opened | null> {
    if (entry === null) return null;
    const known = remembered.get(entry);
    if (known) return known;
    const [row] = await reader.audit.entriesAt([entry]);
    if (!row?.json) return null;
    const leaf = Buffer.from(row.leaf).toString('utf8');
    if (checkOpenings(leaf, row.json) !== null) return null;
    const { t, act, outcome } = JSON.parse(leaf) as { t: number; act: string; outcome: string };
    const detail = (JSON.parse(row.json) as StoredEvent).detail?.json as
      | (Opened & { verdict: string })
      | undefined;
    if (act !== 'approval.approve' || outcome !== 'done' || detail?.verdict !== 'executed') return null;
    const opened = { ...detail, at: t };
    if (remembered.size >= rememberedAtMost) remembered.delete(remembered.keys().next().value!);
    remembered.set(entry, opened);
    return opened;
  }

  return async (row, now) => {
    const opened = await openedAt(row.openedEntry);
    const isSaid =
      opened !== null &&
      opened.emergency === row.id &&
      opened.officer === row.officer &&
      opened.session === row.session &&
      opened.precinct === row.commission &&
      now < opened.at + lastsMs;
    return isSaid ? opened.acts.filter((act) => reading.has(act)) : [];
  };
}

/** @returns a function answering the emergency access that claims to cover it, or null */
export function heldEmergency(reader: Reader, openedActs: OpenedActs): Widened {
  return async (ctx, act, unit) => {
    // Invariant: whatever was written into a row, only the reading of voters is ever widened.
    if (!ctx.actor || !ctx.session || !reading.has(act)) return null;
    const held = await reader.emergencies.held(ctx.actor.id, ctx.session.id, ctx.now);
    let unbacked: string | null = null;
    for (const { emergency, path } of held) {
      if (!unit.startsWith(path) || !emergency.acts.split(',').includes(act)) continue;
      if ((await openedActs(emergency, ctx.now)).includes(act)) return { id: emergency.id, isInLog: true };
      unbacked = emergency.id;
    }
    return unbacked === null ? null : { id: unbacked, isInLog: false };
  };
}
