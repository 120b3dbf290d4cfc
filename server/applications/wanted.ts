// Checks what an application asks to change: the field belongs to the kind, the value can stand in the list. Pure; each
// fault names the field and the next step, never the value.
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { isCalendarDay } from '#server/lib/dates.ts';
import { isPin } from '#server/lib/pin.ts';

export function checkChange(
  kind: string,
  asked: readonly { field: string; new: string }[],
  changeable: readonly string[],
): Refusal | null {
  if (changeable.length > 0 && asked.length === 0)
    return refuse('invalid-input', {
      field: 'change',
      detail: 'Say which field is to be changed, and to what',
    });
  const seen = new Set<string>();
  for (const [i, { field, new: value }] of asked.entries()) {
    const at = `change.${i}`;
    if (!changeable.includes(field))
      return refuse('invalid-input', {
        field: `${at}.field`,
        detail: `An application of kind ${kind} does not change ${field}`,
      });
    if (seen.has(field))
      return refuse('invalid-input', { field: `${at}.field`, detail: `${field} is named twice` });
    seen.add(field);
    const fault = faultOf(field, value);
    if (fault) return refuse('invalid-input', { field: `${at}.new`, detail: fault });
  }
  return null;
}

function faultOf(field: string, value: string): string | null {
  if (/\p{Cc}/u.test(value)) return 'Remove the control characters';
  if (value.trim() === '') return 'Fill it in';
  if (field === 'pin' && !isPin(value)) return 'A PIN has 14 digits';
  if (field === 'birthDate' && !isCalendarDay(value)) return 'There is no such day; write it as YYYY-MM-DD';
  if (field === 'sex' && value !== 'F' && value !== 'M') return 'F or M';
  return null;
}
