// Checks what an application asks to change and whom it names: the field belongs to the kind, the value can stand in the
// list. Pure; each fault names the field and the next step, never the value.
import type { Applicant } from '#server/contract/applications.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { isCalendarDay } from '#server/lib/dates.ts';
import { lineFault } from '#server/lib/hidden-text.ts';
import { isPin } from '#server/lib/pin.ts';
import { changeable, mustAsk } from './rules.ts';

export function checkChange(
  kind: string,
  asked: readonly { field: string; new: string }[],
  today: string,
): Refusal | null {
  if (mustAsk(kind) && asked.length === 0)
    return refuse('invalid-input', {
      field: 'change',
      detail: 'Say which field is to be changed, and to what',
    });
  const seen = new Set<string>();
  for (const [i, { field, new: value }] of asked.entries()) {
    const at = `change.${i}`;
    if (!(changeable(kind) as readonly string[]).includes(field))
      return refuse('invalid-input', {
        field: `${at}.field`,
        detail: `An application of kind ${kind} does not change ${field}`,
      });
    if (seen.has(field))
      return refuse('invalid-input', { field: `${at}.field`, detail: `${field} is named twice` });
    seen.add(field);
    const fault = faultOf(field, value, today);
    if (fault) return refuse('invalid-input', { field: `${at}.new`, detail: fault });
  }
  return null;
}

/** The applicant may become a voter (R22), so what is typed must be able to stand in the list. */
export function checkApplicant(applicant: Applicant, today: string): Refusal | null {
  for (const [name, value] of Object.entries(applicant)) {
    const isAsked = name === 'surname' || name === 'givenName';
    const fault = value === '' && !isAsked ? null : lineFault(value);
    if (fault !== null) return refuse('invalid-input', { field: `applicant.${name}`, detail: fault });
  }
  const fault = applicant.birthDate ? birthFault(applicant.birthDate, today) : null;
  return fault === null ? null : refuse('invalid-input', { field: 'applicant.birthDate', detail: fault });
}

function birthFault(day: string, today: string): string | null {
  if (!isCalendarDay(day)) return 'There is no such day; write it as YYYY-MM-DD';
  return day > today ? 'That day has not come yet' : null;
}

function faultOf(field: string, value: string, today: string): string | null {
  const hidden = lineFault(value);
  if (hidden !== null) return hidden;
  if (field === 'pin' && !isPin(value)) return 'A PIN has 14 digits';
  if (field === 'birthDate') return birthFault(value, today);
  if (field === 'sex' && value !== 'F' && value !== 'M') return 'F or M';
  return null;
}
