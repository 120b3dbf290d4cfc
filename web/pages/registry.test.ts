/** Claims: no role meets more than seven entries, everyone has a home, and every page's address is reachable. */
import { describe, expect, it } from 'vitest';
import { roles } from '../../server/contract/vocabulary.ts';
import { findRoute } from '../routes.ts';
import { isOffered, navigationFor, pages } from './registry.ts';

describe('the pages', () => {
  it.each(roles)('offer %s a home and at most seven entries', (role) => {
    const entries = navigationFor(role);
    expect(entries[0]?.path).toBe('/');
    expect(entries.length).toBeGreaterThan(1);
    expect(entries.length).toBeLessThanOrEqual(7);
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
