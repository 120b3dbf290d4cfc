// Paths of the commission tree by code, kept in memory: every entry asks for one or two. Read anew when a code is unknown,
// for commissions may be imported while the server runs.
import type { Reader } from '#db/store.ts';

export interface Units {
  path(code: string): string | null;
  /** Whether `learn` has nothing to look up for these. */
  knows(...codes: readonly unknown[]): boolean;
  /** Makes sure that what is known of these codes is up to date; what is no code is passed over. */
  learn(codes: readonly unknown[]): Promise<void>;
}

const knownMissing = 1_000;

export function createUnits({ commissions }: Pick<Reader, 'commissions'>): Units {
  const paths = new Map<string, string>();
  const missing = new Set<string>();
  const isNew = (code: unknown): code is string =>
    typeof code === 'string' && code !== '' && !paths.has(code) && !missing.has(code);
  return {
    path: (code) => paths.get(code) ?? null,
    knows: (...codes) => !codes.some(isNew),
    async learn(codes) {
      const unknown = codes.filter(isNew);
      if (unknown.length === 0) return;
      for (const unit of await commissions.all()) paths.set(unit.code, unit.path);
      if (missing.size > knownMissing) missing.clear();
      for (const code of unknown) if (!paths.has(code)) missing.add(code);
    },
  };
}
