/** How the value of a voter's field reads: codes in words, days in order. Masked values pass through. */
import { day } from '../../i18n/format.ts';
import { tMaybe } from '../../i18n/words.svelte.ts';

export function fieldValue(field: string, value: string): string {
  if (field === 'sex' || field === 'status') return tMaybe(`voters.${field}.${value}`) ?? value;
  return field === 'birthDate' ? day(value) : value;
}
