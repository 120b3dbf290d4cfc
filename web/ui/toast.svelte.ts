/**
 * Short confirmations ("Saved") for the status region of the shell. Not for errors one must act on: those stay
 * on the page as notices.
 */
export interface Said {
  readonly id: number;
  readonly text: string;
  readonly tone: 'ok' | 'info' | 'warn';
}

const SHOWN_MS = 6000;
let list = $state.raw<readonly Said[]>([]);
let next = 1;

/** What is being said; reactive. */
export const toasts = (): readonly Said[] => list;

/** Says something for six seconds; screen readers hear it politely. */
export function say(text: string, tone: Said['tone'] = 'ok'): void {
  const said = { id: next++, text, tone };
  list = [...list.slice(-2), said];
  setTimeout(() => unsay(said.id), SHOWN_MS);
}

export function unsay(id: number): void {
  list = list.filter((said) => said.id !== id);
}
