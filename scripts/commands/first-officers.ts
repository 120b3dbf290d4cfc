// Accounts made before there is anybody to make them: the first two officers, and those of the demo. Each is one
// `officer.add` entry of the system's. Everybody later is registered by one officer and activated by another.
import { randomBytes } from 'node:crypto';
import type { Change, Row } from '#db/store.ts';
import { NewOfficer } from '#server/contract/officers.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { faultOf } from '#server/lib/checked.ts';
import { clearanceFault, nameFault } from '#server/officers/deps.ts';
import { type NewAccount, versionRow } from '#server/officers/records.ts';
import { CommandFault } from './installation.ts';

/** What an account begins with besides its name and post. */
export type Credentials = Pick<
  Row<'officer'>,
  'passwordHash' | 'passwordSetAt' | 'passwordTemporary' | 'passwordExpiresAt'
> &
  Partial<Pick<Row<'officer'>, 'totpSeed' | 'totpConfirmedAt' | 'briefingVersion' | 'briefingHash'>>;

const fullName = 'Write "Surname Given-name Patronymic"; the patronymic may be left out.';
/** How each field is written. */
const forms: Readonly<Record<string, string>> = {
  login:
    'Use 3 to 40 small Latin letters, digits, dots, dashes and underscores, a letter or digit first and last.',
  surname: fullName,
  givenName: fullName,
  patronymic: fullName,
  commission: 'Write the code of a commission, such as CEC or 1001.',
  'clearance.order': 'Write the number of the order.',
  'clearance.until': 'Write a day as YYYY-MM-DD.',
};

/** Throws CommandFault 2 naming the field, where it is not as the officers' form asks. */
export function checkedOfficer(input: NewOfficer): NewOfficer {
  const fault = faultOf(NewOfficer, input);
  if (fault) {
    const field = fault.at.slice(1).replaceAll('/', '.') || 'officer';
    throw new CommandFault(2, `${field} is not right.`, forms[field] ?? `It ${fault.says}.`);
  }
  // Also of the first two, whom nobody could clear anew: nobody else may do anything yet.
  const { field, detail } = nameFault(input) ?? clearanceFault(input.clearance, Date.now()) ?? {};
  if (field !== undefined) throw new CommandFault(2, `${field} is not right.`, `${detail}.`);
  return input;
}

export const newOfficerId = () => randomBytes(16).toString('hex');

/** Adds an active account. Throws when the gate refuses: these accounts are made before anything else can be. */
export async function addFirstOfficer(
  gate: Gate,
  ctx: Context,
  id: string,
  input: NewOfficer,
  credentials: Credentials,
): Promise<void> {
  const officer: NewAccount = {
    totpSeed: null,
    totpConfirmedAt: null,
    briefingVersion: null,
    briefingHash: null,
    ...credentials,
    id,
    login: input.login,
    surname: input.surname,
    givenName: input.givenName,
    patronymic: input.patronymic ?? '',
    role: input.role,
    commission: input.commission,
    state: 'active',
    createdBy: ctx.actor!.id,
    activatedBy: ctx.actor!.id,
    totpStep: 0,
    clearanceOrder: input.clearance.order,
    clearanceLevel: input.clearance.level,
    clearanceUntil: input.clearance.until,
    absentFrom: null,
    absentUntil: null,
    trustedSince: null,
    version: 1,
  };
  const changes: Change[] = [{ op: 'insert', table: 'officer', row: officer }, versionRow(officer, ctx.now)];
  const outcome = await gate.change(ctx, 'officer.add', {
    async locate(reader) {
      const unit = await reader.commissions.byCode(input.commission);
      return unit && { record: unit, unit: unit.path };
    },
    decide: () => ({
      kind: 'change',
      changes,
      value: null,
      about: { detail: { officer: id, role: input.role, unit: input.commission } },
    }),
  });
  if (outcome.kind !== 'done') throw new Error(`the account ${input.login} was refused: ${outcome.kind}`);
}
