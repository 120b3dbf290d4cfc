/**
 * What a page hands to the next one or finds again on the way back: kept in memory only, for one session, and
 * forgotten when it ends. Nothing here reaches the address bar or the browser's storage.
 */
import { session } from '../session/session.svelte.ts';

export class Held<T> {
  #kept = $state.raw<{ readonly session: string | undefined; readonly value: T }>();

  constructor() {
    // Lives as long as the page itself: the next officer at this desk must find nothing.
    $effect.root(() => {
      $effect(() => {
        if (!session.open) this.#kept = undefined;
      });
    });
  }

  get value(): T | undefined {
    return this.#kept?.session === session.id ? this.#kept?.value : undefined;
  }

  set value(value: T | undefined) {
    this.#kept = value === undefined ? undefined : { session: session.id, value };
  }
}
