/**
 * Matches a path against patterns such as `/voters/:id`. Pure; the browser's history is router.svelte.ts's.
 */

export type PathParams = Readonly<Record<string, string>>;

/** The parameters when `path` fits `pattern`, else undefined. A trailing slash makes no difference. */
export function matchPath(pattern: string, path: string): PathParams | undefined {
  const want = pattern.split('/').filter(Boolean);
  const have = path.split('/').filter(Boolean);
  if (want.length !== have.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, part] of want.entries()) {
    const given = have[i] ?? '';
    if (part.startsWith(':')) {
      try {
        params[part.slice(1)] = decodeURIComponent(given);
      } catch {
        return undefined;
      }
    } else if (part !== given) return undefined;
  }
  return params;
}

/** The first entry whose pattern fits: put `/applications/new` before `/applications/:id`. */
export function findRoute<E extends { readonly path: string }>(
  entries: readonly E[],
  path: string,
): { readonly entry: E; readonly params: PathParams } | undefined {
  for (const entry of entries) {
    const params = matchPath(entry.path, path);
    if (params) return { entry, params };
  }
  return undefined;
}
