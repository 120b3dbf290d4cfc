// What this server replaced or ended since it started: a row put back as it was bears a code that was right once. Memory alone:
// it begins anew with each start, and of several servers each knows what it ended itself.

/** Codes and sessions remembered of each kind; the oldest go first. */
const remembered = 100_000;

export interface Replaced {
  /** To be told once durable. Content that comes again is right again. */
  replace(codes: readonly string[], by: readonly string[]): void;
  isReplaced(code: string): boolean;
  endSession(id: string): void;
  /** @param at epoch ms; sessions begun in that very moment are not meant @param but the one that goes on */
  endSessionsOf(officer: string, at: number, but: string | null): void;
  /** Whether nothing newer of the account was seen; what is, is remembered. */
  isNewest(officer: string, version: number): boolean;
  isEnded(session: { id: string; officer: string; startedAt: number }): boolean;
}

export function createReplaced(): Replaced {
  const codes = new Set<string>();
  const sessions = new Set<string>();
  /** Officer → when every session was last ended, and which went on. */
  const officers = new Map<string, { at: number; but: string | null }>();

  /** Officer → newest version of the account seen. */
  const versions = new Map<string, number>();

  function add(set: Set<string>, value: string): void {
    if (set.size >= remembered) set.delete(set.values().next().value!);
    set.add(value);
  }

  return {
    replace(old, by) {
      for (const code of old) add(codes, code);
      for (const code of by) codes.delete(code);
    },
    isReplaced: (code) => codes.has(code),
    endSession: (id) => add(sessions, id),
    endSessionsOf: (officer, at, but) => void officers.set(officer, { at, but }),
    isNewest(officer, version) {
      const newest = versions.get(officer) ?? 0;
      if (version > newest) versions.set(officer, version);
      return version >= newest;
    },
    isEnded({ id, officer, startedAt }) {
      const all = officers.get(officer);
      return sessions.has(id) || (all !== undefined && startedAt < all.at && id !== all.but);
    },
  };
}
