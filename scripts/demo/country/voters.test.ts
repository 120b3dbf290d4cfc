/** Claims about the voter list: repeatable, valid, unique, spelled as people are, with blemishes in known number. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { BLOCK_ROWS, type Blemish, blemishCounts, blemishPlan } from './blemishes.ts';
import { COUNTRY_DATE } from './pins.ts';
import type { VoterRow } from './types.ts';
import { units } from './units.ts';
import { voters } from './voters.ts';

const SEED = 'kuzot';
const COUNT = 50_000;
const list = units(SEED, { voters: COUNT });
let rows: VoterRow[] = [];
let blemishes: (Blemish | undefined)[] = [];

beforeAll(() => {
  rows = [...voters(SEED, list, COUNT)];
  blemishes = rows.map((_, index) =>
    blemishPlan(SEED, Math.floor(index / BLOCK_ROWS)).get(index % BLOCK_ROWS),
  );
});

const fullName = (row: VoterRow): string => `${row.surname} ${row.given_name} ${row.patronymic}`;
const pinDate = (pin: string): string => `${pin.slice(5, 9)}-${pin.slice(3, 5)}-${pin.slice(1, 3)}`;

describe('the voter list', () => {
  it('is the same for the same seed, to the letter', () => {
    const digest = createHash('sha256')
      .update(JSON.stringify(rows.slice(0, 5000)))
      .digest('hex');
    expect(digest).toMatchInlineSnapshot(
      `"40bb825aa75b8067a975ced697bc39b8b876efdc7f8c563d5d9f1e6cc323f060"`,
    );
  });

  it('is another for another seed', () => {
    expect(voters('another', units('another', { voters: 100 }), 100).next().value).not.toEqual(rows[0]);
  });

  it('has exactly as many rows as asked for', () => {
    expect(rows.length).toBe(COUNT);
    expect([...voters(SEED, list, 0)]).toEqual([]);
  });

  it('gives everybody a valid PIN nobody else has', () => {
    for (const { pin } of rows)
      expect(pin).toMatch(/^[12](0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(19|20)\d{7}$/u);
    expect(new Set(rows.map(({ pin }) => pin)).size).toBe(COUNT);
  });

  it('lets PINs agree with sex and birth date, but for the planned blemishes', () => {
    rows.forEach((row, index) => {
      expect(pinDate(row.pin) === row.birth_date).toBe(blemishes[index] !== 'pin-date');
      expect((row.pin[0] === '1') === (row.sex === 'F')).toBe(blemishes[index] !== 'pin-sex');
    });
  });

  it('holds only people of 18 to 95', () => {
    const [year, ...rest] = COUNTRY_DATE.split('-');
    const years = (date: string): number =>
      Number(year) - Number(date.slice(0, 4)) - (date.slice(5) > rest.join('-') ? 1 : 0);
    const ages = rows.map(({ birth_date }) => years(birth_date));
    expect(Math.min(...ages)).toBe(18);
    expect(Math.max(...ages)).toBeLessThanOrEqual(95);
    const share = (from: number, to: number): number =>
      ages.filter((age) => age >= from && age <= to).length / COUNT;
    expect(share(18, 39)).toBeGreaterThan(0.4);
    expect(share(18, 39)).toBeLessThan(0.55);
    expect(share(70, 95)).toBeLessThan(0.1);
  });

  it('puts everybody in a precinct that exists, in the order of the precincts', () => {
    const precincts = list.filter(({ level }) => level === 'PEC').map(({ code }) => code);
    expect([...new Set(rows.map(({ precinct }) => precinct))]).toEqual(precincts);
  });

  it('carries ң, ө or ү in a known share of the names', () => {
    const share = rows.filter((row) => /[ңөү]/iu.test(fullName(row))).length / COUNT;
    expect(share).toBeGreaterThan(0.38);
    expect(share).toBeLessThan(0.48);
  });

  it('names three of four people the Kyrgyz way', () => {
    const foreign = /ё|ф|ц|щ|ь|ъ/iu;
    expect(rows.filter((row) => foreign.test(fullName(row))).length / COUNT).toBeLessThan(0.2);
    const uulu = rows.filter(({ patronymic }) => patronymic === '').length / COUNT;
    expect(uulu).toBeGreaterThan(0.04);
    expect(uulu).toBeLessThan(0.15);
  });

  it('bends names with the sex', () => {
    rows.forEach((row, index) => {
      if (blemishes[index] !== undefined) return;
      const { surname, patronymic, sex } = row;
      expect(surname).not.toMatch(sex === 'F' ? /(ов|ев|ёв| уулу)$/u : /(ова|ева|ёва| кызы)$/u);
      expect(patronymic).not.toMatch(sex === 'F' ? /(ич| уулу)$/u : /(вна|чна| кызы)$/u);
      expect(patronymic === '').toBe(/ (уулу|кызы)$/u.test(surname));
    });
  });

  it('writes addresses in Cyrillic with street and house', () => {
    for (const { address } of rows)
      expect(address).toMatch(/^[\p{Script=Cyrillic}\d ,/№-]+, \d+(\/\d+)?-үй(, \d+-батир)?$/u);
  });
});

describe('blemishes', () => {
  const planned = blemishCounts(SEED, COUNT);
  const matching = (pattern: RegExp): number => rows.filter((row) => pattern.test(fullName(row))).length;

  it('stand in the exact numbers the documentation gives', () => {
    expect(planned).toEqual({
      'latin-letter': 150,
      'eng-lookalike': 100,
      'o-lookalike': 100,
      'no-break-space': 50,
      'pin-date': 100,
      'pin-sex': 50,
      'near-duplicate': 100,
    });
    expect(matching(/[A-Za-z]/u)).toBe(planned['latin-letter']);
    expect(matching(/[\u04c9\u04ca]/u)).toBe(planned['eng-lookalike']);
    expect(matching(/[\u0472\u0473]/u)).toBe(planned['o-lookalike']);
    expect(matching(/\u00a0/u)).toBe(planned['no-break-space']);
  });

  it('are counted right for a list that ends inside a block', () => {
    const count = 1234;
    const part = [...voters(SEED, units(SEED, { voters: count }), count)];
    const counts = blemishCounts(SEED, count);
    expect(part.filter((row) => /[A-Za-z]/u.test(fullName(row))).length).toBe(counts['latin-letter']);
    expect(part.filter(({ pin, birth_date }) => pinDate(pin) !== birth_date).length).toBe(counts['pin-date']);
  });

  it('repeat an earlier voter one letter off: same birth date and given name, own PIN', () => {
    rows.forEach((row, index) => {
      if (blemishes[index] !== 'near-duplicate') return;
      const block = rows.slice(index - (index % BLOCK_ROWS), index);
      const twins = block.filter(
        (other) =>
          other.birth_date === row.birth_date &&
          other.given_name === row.given_name &&
          Math.abs(other.surname.length - row.surname.length) === 1,
      );
      expect(twins.length).toBeGreaterThanOrEqual(1);
      expect(twins[0]?.pin).not.toBe(row.pin);
    });
  });
});
