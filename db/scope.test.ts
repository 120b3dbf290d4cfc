/** Claim: a unit's range of paths takes in everything below it and no neighbour. */
import { describe, expect, it } from 'vitest';
import { pathRange } from './scope.ts';

describe('the range of a unit path', () => {
  const within = (path: string, of: string) => {
    const { from, until } = pathRange(of);
    return (
      Buffer.compare(Buffer.from(path), Buffer.from(from)) >= 0 &&
      Buffer.compare(Buffer.from(path), Buffer.from(until)) < 0
    );
  };

  it('holds the unit and all below it, whatever their codes', () => {
    for (const path of ['/1/', '/1/2/', '/1/ы/', '/1/zz/9/', '/1/~/']) expect(within(path, '/1/')).toBe(true);
  });

  it('holds no sibling, parent or unit whose code begins alike', () => {
    for (const path of ['/', '/10/', '/1-a/', '/2/', '/0/', '/11/1/'])
      expect(within(path, '/1/')).toBe(false);
  });

  it('refuses a path without its last slash, which would take in neighbours', () => {
    expect(() => pathRange('/1')).toThrow(RangeError);
    expect(() => pathRange('')).toThrow(RangeError);
  });
});
