/**
 * The events of one group's window in order of arrival: when, which (positions in the audit log or the event
 * file), and what the correlation needs of each, when it needs something. Plain data, so that a snapshot is one JSON text.
 */
export type Log<T> = { at: number[]; events: (number | number[])[]; about: T[]; head: number };

export function emptyLog<T>(): Log<T> {
  return { at: [], events: [], about: [], head: 0 };
}

export function logLength(log: Log<unknown>): number {
  return log.at.length - log.head;
}

export function append<T>(log: Log<T>, at: number, events: readonly number[], about: T): void {
  log.at.push(at);
  log.events.push(events.length === 1 ? events[0]! : [...events]);
  if (about !== null) log.about.push(about);
}

/** Takes the oldest entry away and says what it was about. */
export function dropOldest<T>(log: Log<T>): T {
  const about = log.about[log.head]!;
  log.head++;
  // Moved forward only now and then, so that dropping costs constant time on average.
  if (log.head >= 32 && log.head * 2 >= log.at.length) {
    log.at.splice(0, log.head);
    log.events.splice(0, log.head);
    if (log.about.length > 0) log.about.splice(0, log.head);
    log.head = 0;
  }
  return about;
}

/** Slides: drops what is a whole span or more before now, saying what each was about. The window is half open. */
export function slideLog<T>(log: Log<T>, now: number, spanMs: number, dropped?: (about: T) => void): void {
  while (log.head < log.at.length && now - log.at[log.head]! >= spanMs) {
    const about = dropOldest(log);
    dropped?.(about);
  }
}

/** The entries still in the window, oldest first. */
export function entries<T>(log: Log<T>): { events: number | number[]; about: T }[] {
  return log.at.slice(log.head).map((_, offset) => ({
    events: log.events[log.head + offset]!,
    about: log.about[log.head + offset]!,
  }));
}

/** Ascending positions without repetition. */
export function positionsOf(events: readonly (number | number[])[]): number[] {
  return [...new Set(events.flat())].sort((a, b) => a - b);
}
