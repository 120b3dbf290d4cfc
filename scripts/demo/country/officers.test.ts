/** Claims about the demo's officers: the posts the contract promises, names and log-in names never twice. */
import { describe, expect, it } from 'vitest';
import { demoOfficers, loginFor, officerNames } from './officers.ts';
import { units } from './units.ts';

const list = units('kuzot', { voters: 20_000 });
const officers = demoOfficers('kuzot', list);
const ready = officers.filter(({ account }) => account === 'ready');
const parentOf = (code: string): string | null => list.find((unit) => unit.code === code)?.parent ?? null;

describe('the officers', () => {
  it('hold every role at least twice among the ready accounts, and one newcomer', () => {
    const roles = Map.groupBy(ready, ({ role }) => role);
    expect(roles.size).toBe(8);
    for (const holders of roles.values()) expect(holders.length).toBeGreaterThanOrEqual(2);
    expect(officers.filter(({ account }) => account === 'newcomer').map(({ role }) => role)).toEqual([
      'precinct-member',
    ]);
  });

  it('sit where the contract says', () => {
    const at = (role: string): string[] =>
      ready.filter((officer) => officer.role === role).map(({ commission }) => commission);
    const [home, sameHome] = at('territorial-admin');
    const [first, second, third] = at('precinct-member');
    expect(sameHome).toBe(home);
    expect(second).toBe(first);
    expect(parentOf(first ?? '')).toBe(home);
    expect(parentOf(third ?? '')).not.toBe(home);
    expect(at('approver')).toEqual(['CEC', 'CEC', home]);
  });

  it('exist in the smallest country and the largest', () => {
    for (const voters of [1, 4_300_000]) {
      expect(demoOfficers('x', units('x', { voters })).length).toBe(officers.length);
    }
  });

  it('never share a log-in name', () => {
    expect(new Set(officers.map(({ login }) => login)).size).toBe(officers.length);
    for (const { login } of officers) expect(login).toMatch(/^[a-z]+\.[a-z]+\d*$/u);
  });
});

describe('officer names', () => {
  it('repeat by seed and never repeat within one', () => {
    const take = (seed: string): string[] => {
      const names = officerNames(seed);
      return Array.from({ length: 2000 }, () => {
        const { surname, givenName } = names.next().value;
        return `${surname} ${givenName}`;
      });
    };
    const names = take('a');
    expect(new Set(names).size).toBe(2000);
    expect(take('a')).toEqual(names);
  });

  it('get a number when the log-in name is taken', () => {
    const taken = new Set<string>();
    const name = { surname: 'Төлөгөнова', givenName: 'Гүлзат', patronymic: '', sex: 'F' } as const;
    expect([loginFor(name, taken), loginFor(name, taken)]).toEqual([
      'gulzat.tologonova',
      'gulzat.tologonova2',
    ]);
  });
});
