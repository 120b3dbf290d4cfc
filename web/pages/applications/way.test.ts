/** Claims: every state has its place on the way, and a step back is never offered as the main one. */
import { describe, expect, it } from 'vitest';
import { applicationStates } from '../../../server/contract/vocabulary.ts';
import { sideExit, sorted, stationOf } from './way.ts';

describe('the way of an application', () => {
  it('has a station or a side exit for every state', () => {
    for (const state of applicationStates) {
      const station = stationOf(state, []);
      expect(sideExit(state) !== undefined || station !== 'intake' || state === 'draft', state).toBe(true);
    }
  });

  it('keeps the place reached before a side exit', () => {
    const steps = [{ state: 'draft' }, { state: 'received' }, { state: 'in-review' }, { state: 'withdrawn' }];
    expect(stationOf('withdrawn', steps)).toBe('review');
    expect(stationOf('late', [{ state: 'draft' }, { state: 'identity-checked' }])).toBe('identity');
  });

  it('offers a review again only aside once a decision stands', () => {
    expect(sorted('approved', ['start-review', 'apply'])).toEqual({
      main: ['apply'],
      aside: ['start-review'],
    });
    expect(sorted('at-territorial', ['start-review', 'withdraw'])).toEqual({
      main: ['start-review'],
      aside: ['withdraw'],
    });
  });
});
