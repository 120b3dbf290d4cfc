/** Claims: no role meets more than seven entries, everyone has a home, and every page's address is reachable and its words are there. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { roles } from '../../server/contract/vocabulary.ts';
import { BASE_AREAS } from '../i18n/catalogue.ts';
import { findRoute } from '../routes.ts';
import { isOffered, navigationFor, pages } from './registry.ts';

const here = import.meta.dirname;
/** Words that a part loads itself, or says on another page alone. */
const besides: Readonly<Record<string, readonly string[]>> = {
  '/': ['calendar'],
  '/policies': ['rules'],
  '/status': ['applications'],
  '/status/:coupon': ['applications'],
};

/** A component and what it imports of ours, without the words themselves and the list of pages. */
function madeOf(file: string, known = new Set<string>()): string[] {
  if (known.has(file)) return [];
  known.add(file);
  for (const [, next] of readFileSync(file, 'utf8').matchAll(/from '(\.[^']+\.(?:ts|svelte))'/g)) {
    const path = join(dirname(file), next!);
    if (!/\/server\/|\/i18n\/|registry\.ts$/.test(path)) madeOf(path, known);
  }
  return [...known];
}

describe('the pages', () => {
  it.each(roles)('offer %s a home and at most seven entries', (role) => {
    const entries = navigationFor(role);
    expect(entries[0]?.path).toBe('/');
    expect(entries.length).toBeGreaterThan(1);
    expect(entries.length).toBeLessThanOrEqual(7);
  });

  it('load the words of everything they are made of', () => {
    const registry = readFileSync(join(here, 'registry.ts'), 'utf8');
    const silent = pages.flatMap(({ path, areas }) => {
      const entry = registry.slice(registry.indexOf(`path: '${path}',`));
      const files = madeOf(join(here, /import\('([^']+)'\)/.exec(entry)![1]!));
      const loaded = new Set<string>([...BASE_AREAS, ...areas, ...(besides[path] ?? [])]);
      const said = files.flatMap((file) =>
        [...readFileSync(file, 'utf8').matchAll(/\bt(?:Maybe)?\(\s*['`]([a-z]+)\./g)].map(
          ([, area]) => area!,
        ),
      );
      return [...new Set(said)].filter((area) => !loaded.has(area)).map((area) => `${path}: ${area}`);
    });
    expect(silent).toEqual([]);
  });

  it('are not hidden by an earlier pattern', () => {
    for (const entry of pages) expect(findRoute(pages, entry.path)?.entry).toBe(entry);
  });

  it('offer the voter search only to those who work on the list', () => {
    const search = pages.find((entry) => entry.path === '/voters');
    expect(roles.filter((role) => search && isOffered(search, role))).toEqual([
      'territorial-admin',
      'precinct-member',
    ]);
  });

  it('mark every screen with persons on it', () => {
    const unmarked = pages.filter(
      (entry) => /voters|applications|officers|audit|alerts/.test(entry.path) && !entry.personal,
    );
    expect(unmarked.map((entry) => entry.path)).toEqual([]);
  });
});
