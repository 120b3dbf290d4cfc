// The entry of an export of the log, and the checkpoint that covers it: for the command that works alone on the database, and
// for one beside this server, which asks it to make the entry.
import { randomUUID } from 'node:crypto';
import type { Reader } from '#db/store.ts';
import { whileSignedIn } from './access/terminal.ts';
import { recordExport } from './audit/export.ts';
import type { SignedNote } from './audit/monitors.ts';
import type { ExportAsked, ExportRecorded } from './backups/desk.ts';
import { type Context, systemContext } from './gate/context.ts';
import { type Outcome, wordsOf } from './gate/outcome.ts';
import type { Rooms } from './rooms.ts';

/** Enters the export, asks witnesses, and answers with what they cosigned if that covers the entry. */
export async function enterExport(
  { gate, witnesses, audit }: Pick<Rooms, 'gate' | 'witnesses' | 'audit'>,
  ctx: Context,
): Promise<Outcome<SignedNote>> {
  const recorded = await recordExport(gate, ctx);
  if (recorded.kind !== 'done') return recorded;
  await witnesses.askNow();
  const witnessed = await audit.monitors.witnessed();
  const covers = witnessed !== null && witnessed.size >= recorded.note!.size;
  return { ...recorded, value: covers ? witnessed : await audit.monitors.cosigned(recorded.note!) };
}

/** @param isDemo whether an export may be nobody's */
export async function recordForCommand(
  rooms: Pick<Rooms, 'access' | 'gate' | 'witnesses' | 'audit'>,
  reader: Reader,
  clock: () => number,
  isDemo: boolean,
  { by }: ExportAsked,
): Promise<ExportRecorded> {
  if (by === null && !isDemo)
    return { kind: 'refused', says: 'An export is somebody’s: name the officer. Add --as LOGIN.' };
  const outcome =
    by === null
      ? await enterExport(rooms, systemContext('export', clock(), randomUUID()))
      : await whileSignedIn({ room: rooms.access.room, reader, clock }, by, async (context) =>
          enterExport(rooms, await context()),
        );
  if (outcome.kind !== 'done') return { kind: 'refused', says: wordsOf(outcome) };
  const { size, note } = outcome.value;
  return { kind: 'recorded', size, note };
}
