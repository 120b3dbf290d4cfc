// An application as policies see it: the facts about it and whoever asks, and what its entries say.
import type { Reader, Row } from '#db/store.ts';
import type { Context } from '#server/gate/context.ts';
import type { Located } from '#server/gate/gate.ts';
import type { Flag } from '#server/policy/relation.ts';

export interface LocatedApplication {
  row: Row<'application'>;
  path: string;
  /** Officers who had a hand in its intake. */
  intake: ReadonlySet<string>;
}

/** The application with the facts policies ask for. */
export async function locateApplication(
  reader: Reader,
  ctx: Context,
  id: string,
): Promise<Located<LocatedApplication> | null> {
  const found = await reader.applications.byId(id);
  if (!found) return null;
  const row = found.application;
  const intake = await reader.applications.intakeOf(id);
  return {
    record: { row, path: found.path, intake },
    unit: found.path,
    flags: flagsOf(ctx, row, intake),
    about: aboutOf(row),
  };
}

export function flagsOf(ctx: Context, row: Row<'application'>, intake: ReadonlySet<string>): Flag[] {
  const flags: Flag[] = [];
  const me = ctx.actor?.id ?? '';
  if (row.takenBy === me || intake.has(me)) flags.push('took-in');
  if (row.decidedBy === me) flags.push('decided');
  if (row.atTerritoryAt !== null) flags.push('entered');
  return flags;
}

/** What every entry about an application says: the case, its voter, and codes for detection. */
export function aboutOf(row: Row<'application'>) {
  return {
    caseId: row.id,
    subjects: row.voter ? [row.voter] : [],
    detail: { applicationKind: row.kind, precinct: row.precinct, state: row.state },
  };
}
