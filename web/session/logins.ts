/**
 * Reads the last log-ins of one's own account (R47): when somebody was in before now, and how many attempts failed
 * since. Pure.
 */
export interface LoginSeen {
  readonly at: number;
  readonly outcome: string;
}

export interface LoginStory {
  /** the log-in before this session, ms since 1970; undefined at the first */
  readonly before: number | undefined;
  /** failed attempts between that log-in and this session */
  readonly failed: number;
}

/** `logins` newest first, as the server sends them; `startedAt` is the start of this session. */
export function loginStory(logins: readonly LoginSeen[], startedAt: number): LoginStory {
  // This session's own log-in happened at its start; a moment's difference between the two clocks is forgiven.
  const earlier = logins.filter((login) => login.at < startedAt - 1000);
  const last = earlier.findIndex((login) => login.outcome === 'done');
  const since = last === -1 ? earlier : earlier.slice(0, last);
  return { before: earlier[last]?.at, failed: since.filter((login) => login.outcome !== 'done').length };
}
