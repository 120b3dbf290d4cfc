/**
 * What the voters' pages keep in memory for each other: the last search, so that the way back from a card does
 * not search again, and whom an application is about to be taken for.
 */
import type { ApplicationKind } from '../../../server/contract/vocabulary.ts';
import type { MaskedVoter, VoterPage } from '../../../server/contract/voters.ts';
import { Held } from '../held.svelte.ts';

export interface LastSearch {
  readonly q: string;
  readonly precinct: string;
  readonly items: readonly MaskedVoter[];
  readonly next: string | null;
  readonly count: number;
  readonly approximate: boolean;
}

export const lastSearch = new Held<LastSearch>();

/** Names and masked fields only: nothing that was revealed is handed over. */
export const handedVoter = new Held<MaskedVoter>();

/** Somebody looked for by PIN and not found here: the kind of application that follows. */
export const handedPin = new Held<{ readonly pin: string; readonly kind: ApplicationKind }>();

/** Adds a further page to what is shown. */
export function withPage(shown: LastSearch, page: VoterPage): LastSearch {
  return { ...shown, items: [...shown.items, ...page.items], next: page.next };
}

/** More results than anybody reads; the server counts no further. */
export const MANY = 500;

export const fullName = (voter: Pick<MaskedVoter, 'surname' | 'givenName' | 'patronymic'>): string =>
  [voter.surname, voter.givenName, voter.patronymic].filter(Boolean).join(' ');
