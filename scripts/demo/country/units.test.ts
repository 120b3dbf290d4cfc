/** Claims about the tree of commissions. */
import { describe, expect, it } from 'vitest';
import { precinctSizes } from './precincts.ts';
import type { CommissionLevel } from './types.ts';
import { units } from './units.ts';

const ABOVE: Record<CommissionLevel, CommissionLevel | null> = {
  CEC: null,
  DEC: 'CEC',
  TEC: 'DEC',
  PEC: 'TEC',
};

const count = (voters: number, level: CommissionLevel): number =>
  units('seed', { voters }).filter((unit) => unit.level === level).length;

describe('the commissions', () => {
  it('are one central, nine district and 54 territorial ones, whatever the size', () => {
    for (const voters of [0, 20_000, 4_300_000]) {
      expect([count(voters, 'CEC'), count(voters, 'DEC'), count(voters, 'TEC')]).toEqual([1, 9, 54]);
    }
  });

  it('grow precincts with voters, never fewer than one a territory', () => {
    expect(count(100, 'PEC')).toBe(62);
    expect(count(200_000, 'PEC')).toBe(118);
    expect(count(4_300_000, 'PEC')).toBe(2529);
  });

  it('stand parents first, each under the level above', () => {
    const seen = new Map<string, CommissionLevel>();
    for (const { code, level, parent } of units('seed', { voters: 500_000 })) {
      expect(parent === null ? null : seen.get(parent)).toBe(ABOVE[level]);
      expect(seen.has(code)).toBe(false);
      seen.set(code, level);
    }
  });

  it('number precincts by four digits from 1001', () => {
    const codes = units('seed', { voters: 4_300_000 })
      .filter(({ level }) => level === 'PEC')
      .map(({ code }) => code);
    expect(codes[0]).toBe('1001');
    for (const code of codes) expect(code).toMatch(/^[1-9]\d{3}$/u);
  });

  it('bear their official names in three languages', () => {
    const list = units('seed', { voters: 20_000 });
    expect(list.find(({ code }) => code === '41704220')).toMatchObject({
      nameKy: 'Ат-Башы аймактык шайлоо комиссиясы',
      nameRu: 'Ат-Башынская территориальная избирательная комиссия',
      nameEn: 'At-Bashy Territorial Election Commission',
    });
    expect(list.find(({ code }) => code === '1001')).toMatchObject({
      nameKy: '№1001 шайлоо участогу',
      nameRu: 'Избирательный участок №1001',
      nameEn: 'Precinct No. 1001',
    });
    expect(new Set(list.map(({ nameKy }) => nameKy)).size).toBe(list.length);
  });

  it('sit at an address with street and house', () => {
    for (const { level, address } of units('seed', { voters: 20_000 })) {
      if (level === 'TEC' || level === 'PEC')
        expect(address).toMatch(/(көчөсү|проспекти|бульвары), \d+-үй(, |$)/u);
    }
  });

  it('are the same for the same seed', () => {
    expect(units('a', { voters: 20_000 })).toEqual(units('a', { voters: 20_000 }));
    expect(units('a', { voters: 20_000 })).not.toEqual(units('b', { voters: 20_000 }));
  });

  it('refuse a count that is no count', () => {
    expect(() => units('seed', { voters: -1 })).toThrow(RangeError);
    expect(() => units('seed', { voters: 1.5 })).toThrow(RangeError);
  });
});

describe('precinct sizes', () => {
  it.each([0, 1, 61, 20_000, 105_401, 4_300_000])('place every one of %i voters once', (voters) => {
    const sizes = [...precinctSizes('seed', units('seed', { voters }), voters).values()];
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(voters);
    for (const size of sizes) expect(size).toBeGreaterThanOrEqual(0);
  });

  it('keep a handful of full-size precincts in a small country', () => {
    const sizes = [...precinctSizes('seed', units('seed', { voters: 20_000 }), 20_000).values()];
    expect(sizes.filter((size) => size >= 1600).length).toBe(5);
  });

  it('stay near 1,700 in the whole country', () => {
    const sizes = [...precinctSizes('seed', units('seed', { voters: 4_300_000 }), 4_300_000).values()];
    expect(Math.min(...sizes)).toBeGreaterThan(700);
    expect(Math.max(...sizes)).toBeLessThan(2800);
  });
});
