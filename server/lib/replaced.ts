// What this server replaced or ended since it started: a row put back as it was bears a code that was right once. Memory alone:
// it begins anew with each start, and of several servers each knows what it ended itself.

/** Codes and sessions remembered of each kind; the oldest go first. */
const remembered = 100_000;

export interface Replaced {
  /** To be told once durable. Content that comes again is right again. */
  replace(codes: readonly string[], by: readonly string[]): void;
  isReplaced(code: string): boolean;
  endSession(id: string): void;
  /** Whether nothing newer of the account was seen; what is, is remembered. */
  isNewest(officer: string, version: number): boolean;
  isEnded(id: string): boolean;
}

export function createReplaced(): Replaced {
  const codes = new Set<string>();
  const sessions = new Set<string>();
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
    isNewest(officer, version) {
      const newest = versions.get(officer) ?? 0;
      if (version > newest) versions.set(officer, version);
      return version >= newest;
    },
    isEnded: (id) => sessions.has(id),
  };
}
