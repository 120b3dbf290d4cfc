/** Claims: no cell of an export can run, every cell can be read back, and a list shows only its own fields. */
import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvColumns, harmlessCell, renderListCsv } from './list-csv.ts';
import type { ListVoter } from './precinct-list.ts';

const voter = (over: Partial<ListVoter> = {}): ListVoter => ({
  number: 1,
  surname: 'Өмүрзакова',
  givenName: 'Айгүл',
  patronymic: 'Эңсебековна',
  birthDate: '1987-03-05',
  address: 'Ош ш., Курманжан Датка көч., 12',
  pin: '10503198700123',
  ...over,
});
const precinct = { code: '1001', address: 'Ош ш., № 5 орто мектеп' };
const log = { entry: 41, checkpoint: 'kuzot.example/log 42 q83v+w==' };
const rows = (csv: string): string[][] => parse(csv, { bom: true, relax_column_count: false });

/** Texts made mostly of what attacks are made of. */
const nasty = fc
  .array(
    fc.constantFrom(
      '=',
      '+',
      '-',
      '@',
      '\t',
      '\r',
      '\n',
      ';',
      ',',
      '|',
      '"',
      "'",
      ' ',
      '\u00a0',
      '＝',
      'ө',
      '1',
      'A',
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(''));

describe('a cell of an export', () => {
  it('1.2.10 never begins like a formula, whichever character a spreadsheet takes for the end of a cell', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        for (const piece of harmlessCell(text).split(/[;|\n\r\t]/)) {
          expect(piece.replace(/^[\s\ufeff\u200b]+/, '')).not.toMatch(/^[=+\-@＝＋－＠]/);
        }
        expect(harmlessCell(text)).not.toMatch(/^[=+\-@\t\r\0]/);
      }),
      { numRuns: 3000 },
    );
  });

  it('gets one apostrophe, and taking it away gives the original back', () => {
    expect(harmlessCell('=HYPERLINK("http://x")')).toBe(`'=HYPERLINK("http://x")`);
    expect(harmlessCell('-')).toBe("'-");
    expect(harmlessCell('\t=1')).toBe("'\t'=1");
    expect(harmlessCell('  @SUM(1)')).toBe("  '@SUM(1)");
    expect(harmlessCell('x;=1+1')).toBe("x;'=1+1");
    expect(harmlessCell("'=1")).toBe("''=1");
    for (const blank of [
      '\u2003',
      '\u202f',
      '\u1680',
      '\u00ad',
      '\u061c',
      '\u180e',
      '\u2066',
      '\u3164',
      '\u{e0020}',
    ])
      expect(harmlessCell(`${blank}=1`)).toBe(`${blank}'=1`);
    for (const alike of '﹢﹣﹦﹫⁺⁻⁼₊₋₌﬩−') expect(harmlessCell(`${alike}1+1`)).toBe(`'${alike}1+1`);
    expect(harmlessCell('x\u2028=1')).toBe("x\u2028'=1");
    expect(harmlessCell('Иванова-Петрова')).toBe('Иванова-Петрова');
    expect(harmlessCell("О'Коннор, кв. 5, -6")).toBe("О'Коннор, кв. 5, -6");
    const back = (text: string) =>
      text.replace(/(?<=^|[;|\t\r\n])([ \u00a0]*)'('*)(?=[=+\-@＝\t\r])/g, '$1$2');
    fc.assert(
      fc.property(nasty, (text) => {
        expect(back(harmlessCell(text))).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });

  it('1.2.10 keeps no NUL and no other invisible control, and shows where one was', () => {
    expect(harmlessCell('\0=1')).toBe("'\ufffd=1");
    expect(harmlessCell('a\u001bb\u0085')).toBe('a\ufffdb\ufffd');
  });
});

describe('an export', () => {
  it('is RFC 4180: CRLF, all quoted, quotes doubled, and reads back', () => {
    const given = voter({ surname: 'О"Нил', address: 'бир\nэки, үч' });
    const { csv } = renderListCsv({ list: 'final', precinct, log, voters: [given] });
    expect(csv).toBe(
      '"number","surname","given_name","patronymic","birth_date","address","precinct","log_entry","log_checkpoint"\r\n' +
        '"1","О""Нил","Айгүл","Эңсебековна","1987-03-05","бир\nэки, үч","1001","41","kuzot.example/log 42 q83v+w=="\r\n',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(nasty, nasty), { maxLength: 5 }), (names) => {
        const voters = names.map(([surname, address]) => voter({ surname, address }));
        const [, ...body] = rows(renderListCsv({ list: 'final', precinct, log, voters }).csv);
        expect(body.map((row) => [row[1], row[5]])).toEqual(
          names.map(([surname, address]) => [harmlessCell(surname), harmlessCell(address)]),
        );
      }),
    );
  });

  it('of a posted list holds of a voter names, precinct and polling station and nothing more (R06)', () => {
    for (const list of ['preliminary', 'control'] as const) {
      const { csv } = renderListCsv({ list, precinct, log, voters: [voter()] });
      expect(rows(csv)).toEqual([
        ['surname', 'given_name', 'patronymic', 'precinct', 'polling_station', 'log_entry', 'log_checkpoint'],
        ['Өмүрзакова', 'Айгүл', 'Эңсебековна', '1001', precinct.address, '41', log.checkpoint],
      ]);
      expect(() => csvColumns({ list, withPin: true })).toThrow(RangeError);
    }
  });

  it('names no PIN unless it was asked for', () => {
    const without = renderListCsv({ list: 'final', precinct, log, voters: [voter()] });
    expect(without.csv).not.toContain('10503198700123');
    const withPin = renderListCsv({ list: 'final', precinct, log, voters: [voter()], withPin: true });
    expect(rows(withPin.csv)[1]?.slice(0, 2)).toEqual(['1', '10503198700123']);
  });

  it('has the hash of its own bytes, and the mark Excel wants only when asked', () => {
    const marked = renderListCsv({ list: 'final', precinct, log, voters: [voter()], bom: true });
    const plain = renderListCsv({ list: 'final', precinct, log, voters: [voter()] });
    expect(marked.csv).toBe(`\ufeff${plain.csv}`);
    for (const file of [marked, plain]) {
      expect(file.sha256).toBe(createHash('sha256').update(Buffer.from(file.csv, 'utf8')).digest('hex'));
    }
  });

  it('of nobody is its heading alone; a birth year stands as a year', () => {
    expect(rows(renderListCsv({ list: 'final', precinct, log, voters: [] }).csv)).toHaveLength(1);
    const year = voter({ birthDate: null, birthYear: 1950 });
    expect(rows(renderListCsv({ list: 'final', precinct, log, voters: [year] }).csv)[1]?.[4]).toBe('1950');
  });
});
