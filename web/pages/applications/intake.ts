/**
 * An application as it is being filled in: what was typed, what is wrong with it, and what goes to the server. Pure;
 * the server checks everything again.
 */
import type { NewApplication } from '../../../server/contract/applications.ts';
import type { ApplicationKind, CorrectableField } from '../../../server/contract/vocabulary.ts';

export interface Intake {
  kind: ApplicationKind | '';
  voter: string | null;
  precinct: string;
  surname: string;
  givenName: string;
  patronymic: string;
  pin: string;
  birthDate: string;
  birthTouched: boolean;
  sex: '' | 'F' | 'M';
  address: string;
  contact: string;
  replyBy: 'paper' | 'electronic';
  represented: boolean;
  representative: string;
  authority: string;
  channel: 'in-person' | 'electronic' | 'post';
  legalBasis: string;
  wanted: Record<CorrectableField, { on: boolean; value: string; touched: boolean }>;
}

const none = () => ({ on: false, value: '', touched: false });

export function emptyIntake(): Intake {
  return {
    kind: '',
    voter: null,
    precinct: '',
    surname: '',
    givenName: '',
    patronymic: '',
    pin: '',
    birthDate: '',
    birthTouched: false,
    sex: '',
    address: '',
    contact: '',
    replyBy: 'paper',
    represented: false,
    representative: '',
    authority: '',
    channel: 'in-person',
    legalBasis: '',
    wanted: {
      pin: none(),
      surname: none(),
      givenName: none(),
      patronymic: none(),
      birthDate: none(),
      sex: none(),
      address: none(),
      precinct: none(),
    },
  };
}

/** The fields a kind may ask to change, as the server has them (server/applications/rules.ts). */
export function changeable(kind: Intake['kind']): readonly CorrectableField[] {
  if (kind === 'correction')
    return ['surname', 'givenName', 'patronymic', 'pin', 'birthDate', 'sex', 'address'];
  return kind === 'wrong-precinct' || kind === 'disability' || kind === 'institution'
    ? ['precinct', 'address']
    : [];
}

/** Kinds that make no sense without a change. */
function mustAsk(kind: Intake['kind']): boolean {
  return kind === 'correction' || kind === 'wrong-precinct';
}

/** Whether it is about somebody who is on the list: a voter at home or in an institution, only where something is to change. */
export function needsVoter({ kind, wanted }: Pick<Intake, 'kind' | 'wanted'>): boolean {
  if (kind === 'institution' || kind === 'disability')
    return changeable(kind).some((field) => wanted[field].on);
  return kind !== '' && kind !== 'missing';
}

export type IntakeFault =
  | 'kind'
  | 'voter'
  | 'precinct'
  | 'surname'
  | 'givenName'
  | 'pin'
  | 'birthDate'
  | 'representative'
  | 'authority'
  | 'change'
  | { readonly empty: CorrectableField }
  | { readonly wrong: CorrectableField };

const digits = (text: string) => text.replace(/[\s-]/g, '');
const isPin = (text: string) => /^\d{14}$/.test(digits(text));

/** What is wrong, in the order of the form. */
export function faultsOf(intake: Intake, asksPrecinct: boolean): readonly IntakeFault[] {
  const faults: IntakeFault[] = [];
  const fields = changeable(intake.kind);
  if (intake.kind === '') faults.push('kind');
  if (needsVoter(intake) && !intake.voter && intake.pin.trim() === '') faults.push('voter');
  if (asksPrecinct && !intake.voter && intake.precinct.trim() === '') faults.push('precinct');
  if (mustAsk(intake.kind) && !fields.some((field) => intake.wanted[field].on)) faults.push('change');
  for (const field of fields) {
    const { on, value, touched } = intake.wanted[field];
    if (!on) continue;
    if (value.trim() === '' && !touched) faults.push({ empty: field });
    else if (value.trim() === '' || (field === 'pin' && !isPin(value))) faults.push({ wrong: field });
  }
  if (intake.surname.trim() === '') faults.push('surname');
  if (intake.givenName.trim() === '') faults.push('givenName');
  if (intake.pin.trim() !== '' && !isPin(intake.pin)) faults.push('pin');
  if (intake.birthTouched && intake.birthDate === '') faults.push('birthDate');
  if (intake.represented && intake.representative.trim() === '') faults.push('representative');
  if (intake.represented && intake.authority.trim() === '') faults.push('authority');
  return faults;
}

/** The changes asked for, in the order of the form. */
export function askedChanges(intake: Intake): { field: CorrectableField; new: string }[] {
  return changeable(intake.kind)
    .filter((field) => intake.wanted[field].on)
    .map((field) => {
      const { value } = intake.wanted[field];
      return { field, new: field === 'pin' ? digits(value) : value.trim() };
    });
}

/** The request's body. Call only when there are no faults. */
export function toRequest(intake: Intake): NewApplication {
  if (intake.kind === '') throw new Error('an application without a kind is never sent');
  const change = askedChanges(intake);
  const filled = <K extends string>(name: K, text: string) =>
    (text.trim() === '' ? {} : { [name]: text.trim() }) as Partial<Record<K, string>>;
  return {
    kind: intake.kind,
    ...(intake.voter ? { voter: intake.voter } : filled('precinct', intake.precinct)),
    applicant: {
      surname: intake.surname.trim(),
      givenName: intake.givenName.trim(),
      ...filled('patronymic', intake.patronymic),
      ...filled('pin', digits(intake.pin)),
      ...filled('birthDate', intake.birthDate),
      ...(intake.sex ? { sex: intake.sex } : {}),
      ...filled('address', intake.address),
      ...filled('contact', intake.contact),
      replyBy: intake.replyBy,
    },
    ...(intake.represented
      ? { representative: { name: intake.representative.trim(), authority: intake.authority.trim() } }
      : {}),
    ...(change.length > 0 ? { change } : {}),
    channel: intake.channel,
    ...filled('legalBasis', intake.legalBasis),
  };
}
