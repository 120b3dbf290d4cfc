/**
 * The address bar as state: the path and its query, and the only functions that change them. Plain links work:
 * a click on an `<a href>` of this origin becomes a navigation without a reload. Filters and tabs belong in the
 * query; anything typed about a person does not.
 */
import { withQuery } from './paths.ts';

function read() {
  return { path: location.pathname, query: Object.fromEntries(new URLSearchParams(location.search)) };
}

let current = $state.raw<{ path: string; query: Record<string, string> }>(read());

/** The current path; reactive. */
export const path = (): string => current.path;
/** The current query as plain strings; reactive. */
export const query = (): Readonly<Record<string, string>> => current.query;

let leaveGuard: (() => boolean) | undefined;

/** Lets a page with unsaved input refuse to be left: return false to stay. Returns how to take the guard away. */
export function guardLeaving(guard: () => boolean): () => void {
  leaveGuard = guard;
  return () => {
    if (leaveGuard === guard) leaveGuard = undefined;
  };
}

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (leaveGuard && !leaveGuard()) return;
  leaveGuard = undefined;
  if (options.replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  current = read();
}

/** Changes members of the query and keeps the others; empty removes. Replaces the history entry by default. */
export function setQuery(
  changes: Readonly<Record<string, string | number | boolean | null | undefined>>,
  push = false,
): void {
  const to = withQuery(current.path, { ...current.query, ...changes });
  if (push) history.pushState(null, '', to);
  else history.replaceState(null, '', to);
  current = read();
}

/** Starts listening to the back button and to clicks on links; returns how to stop. */
export function startRouter(): () => void {
  const onPop = () => {
    current = read();
  };
  const onClick = (event: MouseEvent) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link?.href || link.target || link.hasAttribute('download') || link.origin !== location.origin)
      return;
    if (link.pathname.startsWith('/api/')) return;
    if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  };
  addEventListener('popstate', onPop);
  document.addEventListener('click', onClick);
  return () => {
    removeEventListener('popstate', onPop);
    document.removeEventListener('click', onClick);
  };
}
