/**
 * Claims: every sheet of a printed list says who took it, when and under which entry; every voter is on it once,
 * whole, readable back with ң ө ү; equal lists are equal files; a posted list shows no birth date and no address.
 */
import { describe, expect, it } from 'vitest';
import { qrPayload, renderPrecinctListPdf } from './list-pdf.ts';
import { type PlacedText, probePdf } from './pdf-probe.ts';
import { type ListVoter, listFault, type PrecinctList } from './precinct-list.ts';

const NOTE =
  'kuzot.example/voters\n123456\nq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n\n— kuzot.example/voters c2ln\n';
const voterAt = (n: number): ListVoter => ({
  number: n,
  surname: `Өмүрзакова${n}`,
  givenName: 'Айгүл',
  patronymic: 'Эңсебековна',
  birthDate: '1987-03-05',
  address: `Ош ш., Курманжан Датка көч., ${n}-үй`,
});
const list = (count: number, over: Partial<PrecinctList> = {}): PrecinctList => ({
  list: 'final',
  precinct: {
    code: '1001',
    nameKy: '№ 5 орто мектеп',
    nameRu: 'Школа № 5',
    nameEn: 'School 5',
    address: 'Ош ш., 12',
  },
  territoryName: 'Ош шаардык АШК',
  lang: 'ky',
  voters: Array.from({ length: count }, (_, index) => voterAt(index + 1)),
  watermark: { login: 'a.usenov', at: Date.UTC(2026, 2, 5, 11, 4), entry: 123455 },
  checkpointNote: NOTE,
  copyNumber: 2,
  generatedAt: Date.UTC(2026, 2, 5, 11, 5),
  ...over,
});
const probe = async (input: PrecinctList) => probePdf(await renderPrecinctListPdf(input));
const own = (page: PlacedText[] = []) => page.filter((text) => !text.artifact);
const said = (page: PlacedText[] = []) => own(page).map((text) => text.text);
const flow = (page: PlacedText[] = []) => said(page).join(' ').replaceAll(/\s+/g, ' ');

describe('every sheet', () => {
  const STAMP = 'a.usenov · 05.03.2026 17:04 · журналдагы жазуу № 123455';

  it('carries login, time in Bishkek and entry number behind the text and in its foot', async () => {
    const { pages } = await probe(list(120));
    expect(pages.length).toBeGreaterThan(2);
    for (const page of pages) {
      expect(page.filter((text) => text.artifact).map((text) => text.text)).toEqual([STAMP, STAMP, STAMP]);
      expect(said(page)).toContain(`Басып чыгарган: ${STAMP}`);
      expect(flow(page)).toContain('№ 2 нуска');
    }
  });

  it('is numbered out of the whole, in the language of the list', async () => {
    const ky = (await probe(list(60))).pages;
    expect(ky.map((page) => said(page).at(-1))).toEqual(ky.map((_, n) => `${n + 1}-бет, жалпы ${ky.length}`));
    const ru = (await probe(list(1, { lang: 'ru' }))).pages;
    expect(said(ru[0]).at(-1)).toBe('стр. 1 из 1');
    const en = (await probe(list(1, { lang: 'en' }))).pages;
    expect(said(en[0]).at(-1)).toBe('page 1 of 1');
  });

  it('repeats the table heading', async () => {
    for (const page of (await probe(list(90))).pages) {
      expect(said(page).filter((text) => text === 'Шайлоочунун колу')).toHaveLength(1);
    }
  });
});

describe('the voters', () => {
  it('are each on the list once, in order, and ң ө ү read back from the embedded subset', async () => {
    const { pages, fonts } = await probe(list(200));
    const names = pages.flatMap((page) => said(page).filter((text) => text.startsWith('Өмүрзакова')));
    expect(names).toEqual(Array.from({ length: 200 }, (_, n) => `Өмүрзакова${n + 1}`));
    expect(pages.map(flow).join(' ')).toContain('Өмүрзакова7 Айгүл Эңсебековна');
    expect(fonts).toEqual([
      expect.stringMatching(/^[A-Z]{6}\+NotoSans-Regular$/),
      expect.stringMatching(/^[A-Z]{6}\+NotoSans-SemiBold$/),
    ]);
  });

  it('stay inside the sheet and their rows whole, however long a name or address is', async () => {
    const long: ListVoter = {
      ...voterAt(1),
      surname: 'Абдыкадырова-Жумабаева-'.repeat(9),
      patronymic: 'Ө'.repeat(200),
      address: 'ңөү'.repeat(130),
    };
    const voters = Array.from({ length: 25 }, (_, n) => (n % 3 ? voterAt(n) : { ...long, number: n }));
    const { pages } = await probe(list(0, { voters, territoryName: 'Узун аталыш '.repeat(30) }));
    const all = pages.map(flow).join(' ');
    expect(all.replaceAll(/[^ңөү]/g, '').length).toBeGreaterThan(9 * 390);
    for (const page of pages) {
      for (const { x, y } of own(page)) {
        expect(x).toBeGreaterThanOrEqual(48);
        expect(x).toBeLessThan(595 - 36);
        expect(y).toBeGreaterThan(24);
        expect(y).toBeLessThan(842 - 36);
      }
    }
    // A row begins with its number: a page whose first table text is no number would hold a divided row.
    for (const page of pages.slice(1, -1)) {
      const heading = said(page).indexOf('Шайлоочунун колу');
      expect(said(page)[heading + 1]).toMatch(/^\d+$/);
    }
  });

  it('keep a name from rearranging its row or breaking its line', async () => {
    const odd = {
      ...voterAt(1),
      surname: '\u202eАсанов\u202c',
      givenName: 'Ай\nгүл\0',
      patronymic: 'И\u0306',
    };
    const { pages } = await probe(list(0, { voters: [odd] }));
    expect(flow(pages[0])).toContain('Асанов Ай гүл Й');
  });

  it('a list of nobody and a list of one are whole lists', async () => {
    const none = (await probe(list(0))).pages;
    expect(none).toHaveLength(1);
    expect(said(none[0])).toContain('Бул тизмеде шайлоочу жок.');
    expect(said(none[0])).toContain('Тизмедеги шайлоочулардын саны: 0');
    expect((await probe(list(1))).pages).toHaveLength(1);
  });

  it('never leave signatures alone on a sheet', async () => {
    for (const count of [22, 26]) {
      const { pages } = await probe(list(count));
      const last = said(pages.at(-1));
      expect(last).toContain('УШКнын төрагасы');
      expect(last.some((text) => text.startsWith('Өмүрзакова'))).toBe(true);
    }
  });
});

describe('a posted list', () => {
  it('shows no birth date, no address and no place to sign (R06)', async () => {
    for (const kind of ['preliminary', 'control'] as const) {
      const text = (await probe(list(3, { list: kind }))).pages.map(flow).join(' ');
      expect(text).toContain('Өмүрзакова1');
      for (const hidden of ['1987', '-үй', 'Шайлоочунун колу', 'Купуя']) expect(text).not.toContain(hidden);
    }
  });

  it('in its working edition does, and says that it is confidential', async () => {
    const text = flow((await probe(list(1, { list: 'control', edition: 'working' }))).pages[0]);
    for (const shown of ['05.03.1987', '1-үй', 'Купуя: жеке маалыматтар']) expect(text).toContain(shown);
  });

  it('no edition shows a PIN', async () => {
    const voters = [{ ...voterAt(1), pin: '10503198700123' }];
    expect(flow((await probe(list(0, { voters }))).pages[0])).not.toContain('10503198700123');
  });
});

describe('the file', () => {
  it('is the same for the same list and differs for another copy', async () => {
    const first = await renderPrecinctListPdf(list(40));
    const again = await renderPrecinctListPdf(list(40));
    const other = await renderPrecinctListPdf(list(40, { copyNumber: 3 }));
    expect(first.equals(again)).toBe(true);
    expect(first.equals(other)).toBe(false);
  });

  it('is titled in its language and dated by its input alone', async () => {
    const bytes = await renderPrecinctListPdf(list(1, { lang: 'ru' }));
    expect(probePdf(bytes).title).toBe('Окончательный список избирателей — Избирательный участок № 1001');
    const dates = bytes.toString('latin1').match(/D:\d{14}Z|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z/g);
    expect(new Set(dates)).toEqual(new Set(['D:20260305110500Z', '2026-03-05T11:05:00Z']));
  });

  it('prints the signed checkpoint in words on its last sheet', async () => {
    const last = flow((await probe(list(60))).pages.at(-1));
    for (const line of NOTE.split('\n').filter((text) => text !== '')) expect(last).toContain(line);
  });

  it('prints the state that witnesses cosigned under it, inside the sheet; that there is none; or nothing of them', async () => {
    const signature = (name: string, length: number) => `— ${name} ${'Zm9v'.repeat(length)}`;
    const lines = ['kuzot.example', '123000', 'AAAA', '', signature('a.example/w', 20)];
    const many = Array.from({ length: 12 }, (_, n) => signature(`w${n}.example`, n === 0 ? 1_200 : 26));
    for (const voters of [1, 31, 60]) {
      const witnessed = `${[...lines, ...many].join('\n')}\n`;
      const last = own((await probe(list(voters, { lang: 'en', witnessed }))).pages.at(-1));
      const caption = last.find(({ text }) => text.startsWith('Newest state'));
      for (const text of [...lines.filter((line) => line !== ''), many[11]!]) {
        const placed = last.filter((one) => one.text === text).at(-1);
        expect(placed?.y, text.slice(0, 30)).toBeLessThan(caption!.y);
        expect(placed?.y).toBeGreaterThan(45);
      }
      // A long one is cut on paper; its witness is named.
      expect(last.some(({ text }) => text.endsWith('…'))).toBe(true);
    }
    expect(flow((await probe(list(1, { lang: 'en', witnessed: null }))).pages[0])).toContain(
      'no quorum of witnesses',
    );
    expect(flow((await probe(list(1, { lang: 'en' }))).pages[0])).not.toContain('witness');
    expect(listFault(list(1, { witnessed: 'x'.repeat(65_537) }))).toEqual({
      field: 'witnessed',
      fault: 'too-long',
    });
  });

  it('puts the whole checkpoint in the QR code, or size and root where that would be too fine', () => {
    const whole = qrPayload(list(1));
    expect(whole).toBe(`KUZOT-LIST-1\nentry 123455\ncopy 2\n${NOTE}`);
    const cosigned = `${NOTE}${'— witness.example Zm9vYmFyYmF6\n'.repeat(20)}`;
    expect(qrPayload(list(1, { checkpointNote: cosigned }))).toBe(
      `KUZOT-LIST-1\nentry 123455\ncopy 2\n${NOTE.split('\n').slice(0, 3).join('\n')}`,
    );
    const endless = `${'ө'.repeat(400)}${NOTE}`;
    expect(qrPayload(list(1, { checkpointNote: endless }))).toContain('123456\nq83v');
  });
});

describe('bounds', () => {
  it('name the field that breaks them and never its content', () => {
    expect(listFault(list(3))).toBeNull();
    const tooMany = Array.from({ length: 20_001 }, () => voterAt(1));
    expect(listFault(list(0, { voters: tooMany }))).toEqual({ field: 'voters', fault: 'too-many' });
    const long = { ...voterAt(1), address: 'x'.repeat(401) };
    expect(listFault(list(0, { voters: [long] }))).toEqual({ field: 'address', fault: 'too-long' });
    expect(listFault(list(1, { copyNumber: Number.NaN }))).toEqual({
      field: 'copyNumber',
      fault: 'not-a-number',
    });
  });
});
