// Paths of the commission tree by code, kept in memory: every entry asks for one or two. Read anew when a code is unknown,
// for commissions may be imported while the server runs.
import type { Reader } from '#db/store.ts';

export interface Units {
  path(code: string): string | null;
  /** Makes sure that what is known of these codes is up to date. */
  learn(codes: readonly (string | null)[]): Promise<void>;
}

const knownMissing = 1_000;

export function createUnits({ commissions }: Pick<Reader, 'commissions'>): Units {
  const paths = new Map<string, string>();
  const missing = new Set<string>();
  return {
    path: (code) => paths.get(code) ?? null,
    async learn(codes) {
      const unknown = codes.filter(
        (code) => code !== null && code !== '' && !paths.has(code) && !missing.has(code),
      );
      if (unknown.length === 0) return;
      for (const unit of await commissions.all()) paths.set(unit.code, unit.path);
      if (missing.size > knownMissing) missing.clear();
      for (const code of unknown) if (code !== null && !paths.has(code)) missing.add(code);
    },
  };
}
