/** The closed list of lawful purposes (R01), asked for once a session. */
import type { Purpose } from '../../../server/contract/vocabulary.ts';
import { api } from '../../api.ts';
import { tMaybe } from '../../i18n/words.svelte.ts';
import { endpoint } from '../../paths.ts';
import { Held } from '../held.svelte.ts';

export interface PurposeItem {
  readonly code: Purpose;
  readonly needsCase: boolean;
}

const held = new Held<readonly PurposeItem[]>();

/** Fetches the list unless it is here; throws ApiProblem. */
export async function loadPurposes(): Promise<readonly PurposeItem[]> {
  held.value ??= (await api.get<{ items: PurposeItem[] }>(endpoint.purposes())).items;
  return held.value ?? [];
}

/** As options of a choice, in words. */
export function purposeOptions(purposes: readonly PurposeItem[]): { value: string; label: string }[] {
  return purposes.map(({ code }) => ({ value: code, label: tMaybe(`voters.purpose.${code}`) ?? code }));
}
