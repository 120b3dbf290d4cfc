/** Claims about the two files: the contract's columns, RFC 4180, read back as written, private modes. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, describe, expect, it } from 'vitest';
import { commissionsCsv, votersCsv } from './csv.ts';
import type { VoterRow } from './types.ts';
import { units } from './units.ts';
import { voters } from './voters.ts';
import { writeCountryFiles } from './write.ts';

const COUNTRY = { seed: 'files', voters: 3000 };
const list = units(COUNTRY.seed, COUNTRY);

describe('the voters file', () => {
  it('comes back from a CSV reader as it went in, many chunks long', () => {
    const rows = [...voters(COUNTRY.seed, list, COUNTRY.voters)];
    const chunks = [...votersCsv(rows)];
    expect(chunks.length).toBeGreaterThan(3);
    for (const chunk of chunks) expect(chunk.endsWith('\r\n')).toBe(true);
    expect(parse(chunks.join(''), { columns: true, trim: false })).toEqual(rows);
  });

  it('has the columns of the contract in their order', () => {
    const [header] = [...votersCsv([])].join('').split('\r\n');
    expect(header).toBe('pin,surname,given_name,patronymic,birth_date,sex,address,precinct');
  });

  it('keeps quotes, commas, line breaks and edge spaces', () => {
    const hostile: VoterRow = {
      pin: '10101199000000',
      surname: ' Асан"ова',
      given_name: 'Айгүл,',
      patronymic: 'a\r\nb\n',
      birth_date: '1990-01-01',
      sex: 'F',
      address: 'line\nbreak',
      precinct: '1001',
    };
    const text = [...votersCsv([hostile])].join('');
    expect(text).toContain('"line\nbreak"');
    expect(parse(text, { columns: true, trim: false })).toEqual([hostile]);
  });
});

describe('the commissions file', () => {
  it('comes back as it went in, the central commission without a parent', () => {
    const text = [...commissionsCsv(list)].join('');
    expect(text.startsWith('code,level,parent,name_ky,name_ru,name_en,address\r\n')).toBe(true);
    expect(parse(text, { columns: true })).toEqual(
      list.map(({ code, level, parent, nameKy, nameRu, nameEn, address }) => ({
        code,
        level,
        parent: parent ?? '',
        name_ky: nameKy,
        name_ru: nameRu,
        name_en: nameEn,
        address,
      })),
    );
  });
});

describe('writing a country', () => {
  let directory = '';
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('puts both files in place, readable by their owner alone', async () => {
    directory = await mkdtemp(join(tmpdir(), 'country-'));
    let heard = 0;
    const written = await writeCountryFiles(join(directory, 'deep'), COUNTRY, (characters) => {
      heard = characters;
    });
    const text = await readFile(written.votersFile, 'utf8');
    expect(heard).toBe(text.length);
    expect(text).toBe([...votersCsv(voters(COUNTRY.seed, list, COUNTRY.voters))].join(''));
    expect(await readFile(written.commissionsFile, 'utf8')).toBe([...commissionsCsv(list)].join(''));
    for (const file of [written.votersFile, written.commissionsFile]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
  });
});
