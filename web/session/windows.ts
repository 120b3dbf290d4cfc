/**
 * All windows of one browser share one session: what locks, opens or ends it in one is done in the others at once, or a window
 * left behind would go on showing what its officer saw to whoever sits down next. Only that it happened is told.
 */
const happenings = ['locked', 'unlocked', 'ended'] as const;
export type Happened = (typeof happenings)[number];

let channel: BroadcastChannel | undefined;

/** Listens until stopped; before that nothing is told either. */
export function shareSession(heard: (what: Happened) => void): () => void {
  const opened = new BroadcastChannel('kuzot-session');
  channel = opened;
  opened.onmessage = ({ data }) => {
    const what = happenings.find((one) => one === data);
    if (what) heard(what);
  };
  return () => {
    opened.close();
    channel = undefined;
  };
}

export const tellWindows = (what: Happened): void => channel?.postMessage(what);
