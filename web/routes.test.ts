/** Claims: addresses find their pages, in order, and broken ones find none; a query never carries empty members. */
import { describe, expect, it } from 'vitest';
import { page, withQuery } from './paths.ts';
import { findRoute, matchPath } from './routes.ts';

describe('addresses', () => {
  it('give their parameters, decoded', () => {
    expect(matchPath('/voters/:id', '/voters/a%2Fb')).toEqual({ id: 'a/b' });
    expect(matchPath('/voters/:id', '/voters/')).toBeUndefined();
    expect(matchPath('/', '/')).toEqual({});
    expect(matchPath('/voters', '/voters/')).toEqual({});
  });

  it('with a broken escape fit nothing', () => {
    expect(matchPath('/voters/:id', '/voters/%E0%A4%A')).toBeUndefined();
  });

  it('prefer the earlier entry', () => {
    const entries = [{ path: '/applications/new' }, { path: '/applications/:id' }];
    expect(findRoute(entries, '/applications/new')?.entry.path).toBe('/applications/new');
    expect(findRoute(entries, '/applications/7')?.params).toEqual({ id: '7' });
  });

  it('escape ids and leave out what is not set', () => {
    expect(page.voter('a/b?c')).toBe('/voters/a%2Fb%3Fc');
    expect(withQuery('/audit', { act: '', actor: undefined, from: 5, x: false })).toBe('/audit?from=5');
  });
});
