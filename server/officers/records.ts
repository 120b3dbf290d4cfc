// Rows and replies of the officers room: how an account is shown, and the changes every act on one shares. Each change
// raises the version and keeps the former name, role and unit (R29: a leaf's actor and time select them).
import type { Change, Reader, Row } from '#db/store.ts';
import { type OfficerCard, type OfficerItem, officerStates } from '#server/contract/officers.ts';
import type { Role } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import type { Located } from '#server/gate/gate.ts';
import { type MacColumn, macTables } from '#server/lib/row-macs.ts';
import { type Flag, isCentral } from '#server/policy/relation.ts';
import { actionsIn } from './rules.ts';

export type Found = NonNullable<Awaited<ReturnType<Reader['officers']['byId']>>>;
type OfficerRow = Row<'officer'>;
/** An account as a use case writes it: its codes are the gate's. */
export type NewAccount = Omit<OfficerRow, MacColumn<'officer'>>;
type OfficerSet = Extract<Change, { op: 'update'; table: 'officer' }>['set'];

const fullName = (row: Pick<OfficerRow, 'surname' | 'givenName' | 'patronymic'>) =>
  [row.surname, row.givenName, row.patronymic].filter(Boolean).join(' ');

const stateOf = (text: string) => officerStates.find((state) => state === text) ?? 'disabled';

/** Only the issued password exists and is still to be replaced; a forced change later carries no expiry. */
export const awaitsFirstChange = (officer: OfficerRow) =>
  officer.passwordTemporary === 1 && officer.passwordExpiresAt !== null;

export function flagsFor(ctx: Context, officer: OfficerRow | null): Flag[] {
  const flags: Flag[] = [];
  // `init` makes the first two officers together; there is no second official yet.
  if (ctx.actor?.role === 'system') return flags;
  if (officer && officer.id === ctx.actor?.id) flags.push('own-account');
  if (officer && officer.createdBy === ctx.actor?.id) flags.push('made-account');
  if (ctx.actor && isCentral(ctx.actor.path)) flags.push('central');
  return flags;
}

/** An account with where it belongs and how the asking officer stands to it. @param hash binds a step-up to the act */
export async function locateOfficer(
  ctx: Context,
  reader: Reader,
  id: string,
  hash?: (officer: OfficerRow) => string,
): Promise<Located<OfficerRow> | null> {
  const found = await reader.officers.byId(id);
  if (!found) return null;
  return {
    record: found.officer,
    unit: found.path,
    flags: flagsFor(ctx, found.officer),
    about: { detail: { officer: id } },
    ...(hash && { hash: hash(found.officer) }),
  };
}

export function showItem(
  row: Pick<
    OfficerRow,
    | 'id'
    | 'login'
    | 'surname'
    | 'givenName'
    | 'patronymic'
    | 'role'
    | 'commission'
    | 'state'
    | 'clearanceUntil'
    | 'absentFrom'
    | 'absentUntil'
    | 'briefingVersion'
    | 'briefingHash'
    | 'version'
  >,
  /** Hash of the briefing in force. */
  briefing: string,
): OfficerItem {
  return {
    id: row.id,
    login: row.login,
    name: fullName(row),
    role: row.role as Role, // written from the closed list
    commission: row.commission,
    state: stateOf(row.state),
    clearanceUntil: row.clearanceUntil,
    briefing: { version: row.briefingVersion, current: row.briefingHash === briefing },
    absence: row.absentFrom && row.absentUntil ? { from: row.absentFrom, until: row.absentUntil } : null,
    version: row.version,
  };
}

export function showCard(
  row: OfficerRow,
  briefing: string,
  {
    history,
    ...more
  }: Pick<OfficerCard, 'openSessions' | 'signatures' | 'openWork' | 'factors'> & {
    history: Row<'officerVersion'>[];
  },
): OfficerCard {
  return {
    ...showItem(row, briefing),
    ...more,
    surname: row.surname,
    givenName: row.givenName,
    patronymic: row.patronymic,
    clearanceOrder: row.clearanceOrder,
    clearanceLevel: row.clearanceLevel,
    createdBy: row.createdBy,
    activatedBy: row.activatedBy,
    factorEnrolled: row.totpConfirmedAt !== null,
    mustChangePassword: row.passwordTemporary === 1,
    passwordSetAt: row.passwordSetAt,
    actions: actionsIn({ state: stateOf(row.state), awaitsFirstChange: awaitsFirstChange(row) }),
    history: history.map((past) => ({
      version: past.version,
      validFrom: past.validFrom,
      name: fullName(past),
      role: past.role as Role, // written from the closed list
      commission: past.commission,
      state: stateOf(past.state),
    })),
  };
}

export function versionRow(officer: NewAccount, validFrom: number): Change {
  const { id, version, login, surname, givenName, patronymic, role, commission, state } = officer;
  return {
    op: 'insert',
    table: 'officerVersion',
    row: { officer: id, version, validFrom, login, surname, givenName, patronymic, role, commission, state },
  };
}

const dutyOf = (officer: OfficerRow): Partial<OfficerRow> =>
  Object.fromEntries(macTables.officer.dutyMac.map((field) => [field, officer[field]]));

/** The update of an account at the version that was read, and the row of its history. */
export function changeOfficer(officer: OfficerRow, set: Partial<OfficerRow>, now: number): Change[] {
  const next = { ...officer, ...set, version: officer.version + 1 };
  const values: OfficerSet = { ...set, version: next.version };
  return [
    {
      op: 'update',
      table: 'officer',
      key: { id: officer.id },
      // Judged as it was read: a row that was forged then and is right again by now is another one.
      expect: dutyOf(officer),
      set: values,
    },
    versionRow(next, now),
  ];
}
