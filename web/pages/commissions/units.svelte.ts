/** The commissions within the officer's reach, asked for once a session. Public facts only. */
import type { CommissionItem, CommissionTree } from '../../../server/contract/commissions.ts';
import { api } from '../../api.ts';
import { currentLang } from '../../i18n/words.svelte.ts';
import { endpoint } from '../../paths.ts';
import { Held } from '../held.svelte.ts';

/** The commission above all. */
export const centre = 'CEC';

const held = new Held<readonly CommissionItem[]>();
let asking: Promise<void> | undefined;

/** Fetches the tree unless it is here already. Where it cannot be had, pages fall back to numbers. */
export function loadUnits(): Promise<void> {
  if (held.value) return Promise.resolve();
  asking ??= api
    .get<CommissionTree>(endpoint.commissions())
    .then(
      ({ items }) => {
        held.value = items;
      },
      () => undefined,
    )
    .finally(() => {
      asking = undefined;
    });
  return asking;
}

/** Precincts under the officer's unit, by number; undefined while unknown. Reactive. */
export function ownPrecincts(): readonly CommissionItem[] | undefined {
  return held.value?.filter((unit) => unit.level === 'PEC' && unit.inScope);
}

/** The commission's record, where it is known. Reactive. */
export function unit(code: string): CommissionItem | undefined {
  return held.value?.find((known) => known.code === code);
}

/** The commission's name in the language that is on, or its code. Reactive. */
export function unitName(code: string): string {
  return unit(code)?.name[currentLang()] || code;
}
