// When a person's data may be destroyed (R03, R12, R14). Pure. The right to vote comes first: nothing here takes anybody off a
// list in silence, and nobody off a list that is frozen.
import type { DestructionRequest } from '#server/contract/destructions.ts';
import { namesPerson, type Traces } from '#server/gate/openings.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';
import { bishkekDay, isCalendarDay } from '#server/lib/dates.ts';

export interface Standing {
  /** Whether the voter is on the list now. */
  listed: boolean;
  /** Whether an application blocks the record. */
  blocked: boolean;
  frozen: boolean;
}

/** Null where the record may be destroyed as it stands; asked when it is requested and again when it is done. */
export function mayDestroy(
  { listed, blocked, frozen }: Standing,
  { basis, leavesList }: Pick<DestructionRequest, 'basis' | 'leavesList'>,
): Refusal | null {
  if (listed && frozen)
    return refuse('frozen', {
      detail: 'The list is frozen and this person is on it: destroying the record would take their vote away',
    });
  if (basis === 'retention') {
    if (listed)
      return refuse('wrong-state', {
        field: 'basis',
        detail: 'The person is on the list: the purpose still stands. A decision must remove them first',
      });
    if (blocked)
      return refuse('blocked', { detail: 'An application is open: destruction waits until it is closed' });
    return null;
  }
  // Unlawful collection lifts the block and destroys (R14).
  if (listed && leavesList !== true)
    return refuse('invalid-input', {
      field: 'leavesList',
      detail: 'The person is on the list and leaves it with this: confirm it with leavesList true',
    });
  return null;
}

/** What is wrong with the order itself. */
export function orderFault(input: DestructionRequest, person: Traces, now: number): Refusal | null {
  const wrong = (field: keyof DestructionRequest, detail: string) =>
    refuse('invalid-input', { field, detail });
  if (!isCalendarDay(input.orderedOn)) return wrong('orderedOn', 'There is no such day');
  if (input.orderedOn > bishkekDay(now)) return wrong('orderedOn', 'The order cannot be of a later day');
  for (const field of ['number', 'orderedBy'] as const)
    if (!input[field].trim()) return wrong(field, 'Give the act’s number and who ordered it');
  if (input.basis === 'unlawful' && !input.notice?.trim())
    return wrong('notice', 'Name the document with which the person was told (R14)');
  // The act outlives the person's data: it must not say whose they were.
  for (const field of ['number', 'orderedBy', 'notice'] as const) {
    const text = input[field] ?? '';
    if (namesPerson(text, person) || person.texts.some((trace) => text.includes(trace)))
      return wrong(field, 'Name the document, not the person: this stays when their data are gone');
  }
  return null;
}
