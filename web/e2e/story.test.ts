// The whole promise in one story, as four officers see it: a voter found by a misspelt name, an application taken in,
// decided and applied three times over; the alert that follows; the auditor who finds every step; the log that notices a
// single changed bit.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Desk } from './desk.ts';
import { openTown, type Town } from './town.ts';

const secondsAllowed = 10;
const passport = { series: 'ID', number: '4417023' };

describe('three corrections of one voter in a day', () => {
  let town: Town;
  let precinct: Desk;
  let territory: Desk;
  let supervisor: Desk;
  let auditor: Desk;

  // What the officers come to know on the way.
  let voterName = '';
  let voter = '';
  let pin = '';
  let application = '';
  let number = '';
  let coupon = '';

  beforeAll(async () => {
    town = await openTown(['precinct-member-1', 'territorial-admin-1', 'supervisor-1', 'auditor-1']);
    [precinct, territory, supervisor, auditor] = await Promise.all([
      town.sit(),
      town.sit(),
      town.sit(),
      town.sit(),
    ]);
  });
  afterAll(() => town?.close());

  test('a precinct’s officer logs in with password and code, and finds the voter by a misspelt name', async () => {
    const { page } = precinct;
    const member = town.person('precinct-member-1');
    await precinct.logIn(member);
    await page.getByRole('link', { name: 'Voters', exact: true }).first().click();

    const { row, typed } = misspellable(town, member.commission);
    voterName = [row.surname, row.given_name, row.patronymic].filter(Boolean).join(' ');
    pin = row.pin;
    await page.getByLabel('Name or PIN').fill(typed);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByText('There is no exact match').waitFor();
    await page.getByRole('link', { name: voterName, exact: true }).click();
    await page.getByRole('heading', { name: voterName }).waitFor();
    voter = page.url().split('/').at(-1)!;
    expect(await page.locator('main').innerText()).not.toContain(pin);
  });

  test('takes an application about them: passport and photo, coupon on paper', async () => {
    const { page } = precinct;
    await page.getByRole('button', { name: 'Take an application about this voter' }).click();
    await page.getByRole('radio', { name: /^Error in the data/ }).check();
    await page.getByRole('checkbox', { name: 'Address' }).check();
    await page.getByLabel('New value: Address').fill('Достук көчөсү, 7');
    await page.getByRole('button', { name: 'Check the answers' }).click();
    await page.getByRole('heading', { name: 'Check the answers' }).waitFor();
    await page.getByRole('button', { name: 'Save the application' }).click();

    await takeStep(page, 'Check the identity', async (dialog) => {
      // Without the comparison nothing is taken in.
      await dialog.getByLabel('Passport number').fill(passport.number);
      await dialog.getByRole('button', { name: 'Check the identity' }).click();
      await dialog
        .getByText(/Confirm that you compared them/)
        .first()
        .waitFor();
      await dialog.getByRole('checkbox', { name: /face matches the photo/ }).check();
      await dialog.getByLabel('Passport series').fill(passport.series);
    });
    const heading = page.getByRole('heading', { name: /^Application / });
    number = (await heading.innerText()).replace('Application ', '');
    application = new URL(page.url()).pathname.split('/').at(-1)!;
    await takeStep(page, 'Receive and issue the coupon');

    await page.getByRole('button', { name: 'Print the coupon' }).click();
    expect(await page.evaluate(() => document.documentElement.dataset.printed)).toBe('yes');
    const sheet = page.getByRole('article');
    coupon = (await sheet.innerText()).match(/\b[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}\b/)?.[0] ?? '';
    expect(coupon).not.toBe('');
    await page.emulateMedia({ media: 'print' });
    expect(await sheet.isVisible()).toBe(true);
    expect(await page.getByRole('navigation', { name: 'Main menu' }).isVisible()).toBe(false);
    expect(await page.locator('h1').isVisible()).toBe(false);
    expect(await page.getByRole('button', { name: 'Print the coupon' }).isVisible()).toBe(false);
    expect(await sheet.innerText()).not.toContain(voterName.split(' ')[0]);
    const paper = await page.pdf();
    expect(paper.subarray(0, 5).toString()).toBe('%PDF-');
    expect(paper.length).toBeGreaterThan(5_000);
    await page.emulateMedia({ media: null });
    await page.getByRole('button', { name: 'Back to the application' }).click();
  });

  test('opens the PIN for this application alone, sees the number of the entry, and enters it', async () => {
    const { page } = precinct;
    await page.getByRole('link', { name: 'Open the record' }).click();
    await page.getByText('The record is blocked').first().waitFor();
    await page.getByRole('button', { name: 'Reveal: PIN' }).click();
    const dialog = page.getByRole('dialog', { name: 'Reveal: PIN' });
    await dialog.getByLabel('Purpose').selectOption({ label: 'Handling an application' });
    await dialog.getByRole('radio', { name: number }).check();
    await dialog.getByRole('button', { name: 'Open the field' }).click();
    await page.getByText(pin, { exact: true }).waitFor();
    const entry = Number(/log entry (\d+)/.exec(await page.locator('main').innerText())?.[1]);
    expect(entry).toBeGreaterThan(0);

    await page.getByRole('link', { name: 'Open the application' }).click();
    await takeStep(page, 'Enter into the system');
    await page.getByText('With the TEC', { exact: true }).first().waitFor();
  });

  test('the territory’s administrator reviews, decides and corrects the list', async () => {
    const { page } = territory;
    await territory.logIn(town.person('territorial-admin-1'));
    await page.getByRole('link', { name: 'Applications', exact: true }).first().click();
    await page.getByRole('link', { name: number }).click();
    await takeStep(page, 'Start the review');
    await takeStep(page, 'Decide the application', async (dialog) => {
      await dialog.getByRole('radio', { name: /^Approve/ }).check();
      await dialog.getByLabel('Reason for the decision').fill('жашаган жери боюнча маалымкат');
    });
    await takeStep(page, 'Correct the list');
    await page.getByText('List corrected', { exact: true }).first().waitFor();
  });

  test('the coupon tells where the application stands, to anybody who holds it', async () => {
    const citizen = await town.sit();
    await citizen.page.goto('/status');
    await citizen.page.getByLabel('Number of the coupon').fill(coupon.toLowerCase().replaceAll('-', ' '));
    await citizen.page.getByRole('button', { name: 'Show the state' }).click();
    await citizen.page.getByText('The voter list was corrected').waitFor();
    expect(await citizen.page.locator('main').innerText()).not.toContain(voterName.split(' ')[0]);
    expect(citizen.faults).toEqual([]);
    await citizen.close();
  });

  test('the third correction raises an alert, which the supervisor’s open page shows by itself', async () => {
    const { page } = supervisor;
    await supervisor.logIn(town.person('supervisor-1'));
    await page.getByRole('link', { name: 'Alerts', exact: true }).first().click();
    await page.getByText('New alerts arrive by themselves').waitFor();
    let loads = 0;
    page.on('load', () => loads++);

    await correctAgain('2');
    const news = page.getByText(/new alerts? ha(s|ve) arrived/);
    expect(await news.count()).toBe(0);
    const appliedAt = await correctAgain('3');
    await news.waitFor({ timeout: secondsAllowed * 1000 });
    const tookMs = Math.round(performance.now() - appliedAt);
    console.error(`the alert was shown ${tookMs} ms after the third correction was acknowledged`);
    expect(tookMs).toBeLessThan(secondsAllowed * 1000);

    await page.getByRole('button', { name: 'Load', exact: true }).click();
    await page.getByRole('link', { name: /changed three or more times within a day/ }).click();
    await page.getByRole('heading', { name: /changed three or more times within a day/ }).waitFor();
    const card = await page.locator('main').innerText();
    expect(card).toContain(town.person('territorial-admin-1').name);
    expect(loads).toBe(0);
  });

  test('the auditor finds every step by voter and by officer, with name, login, session and its length', async () => {
    const { page } = auditor;
    await auditor.logIn(town.person('auditor-1'));
    await page.getByRole('link', { name: 'Audit log', exact: true }).first().click();
    await page.getByText('Search by person and workstation').click();
    await page.getByLabel('Reference of the voter record').fill(voter);
    await page.getByRole('button', { name: 'Find in the log' }).click();
    const list = page.getByRole('table', { name: /^Log entries/ });
    await list.getByText('Revealed a masked field').waitFor();
    const told = await list.innerText();
    for (const act of [
      'Searched for a voter',
      'Opened a voter record',
      'Began an application',
      'Compared face, passport and photo',
      'Received an application; the record is blocked',
      'Entered an application and passed it to the territory',
      'Began to review an application',
      'Decided an application',
      'Changed the list by an application',
    ])
      expect(told).toContain(act);
    for (const key of ['precinct-member-1', 'territorial-admin-1'] as const) {
      expect(told).toContain(town.person(key).name);
      expect(told).toContain(town.person(key).login);
    }
    // An auditor sees who looked at whom, never what was seen.
    expect(told).not.toContain(pin);
    expect(page.url()).not.toContain(voter);

    const member = town.person('precinct-member-1');
    const trail = await auditor.send('GET', `/api/audit/entries?actor=${member.login}&limit=200`);
    const items = trail.body.items as TrailItem[];
    const acts = new Set(items.map(({ act }) => act));
    for (const act of ['session.login', 'session.totp', 'voter.search', 'voter.reveal', 'application.enter'])
      expect(acts).toContain(act);
    const [revealed] = items.filter(({ act }) => act === 'voter.reveal');
    expect(revealed).toMatchObject({
      outcome: 'done',
      officer: { login: member.login, name: member.name, commission: member.commission },
      purpose: 'application',
      case: application,
      fields: ['pin'],
    });
    expect(revealed!.session!.lengthSeconds).toBeGreaterThan(0);
    expect(Math.abs(town.clock() - revealed!.session!.startedAt)).toBeLessThan(15 * 60_000);

    await page.goto(`/audit?actor=${member.login}`);
    await list.getByRole('row').filter({ hasText: 'Revealed a masked field' }).click();
    const drawer = page.getByRole('dialog', { name: /^Log entry/ });
    await drawer.getByText('Session lasted').waitFor();
    const entry = await drawer.innerText();
    for (const part of [member.name, member.login, 'Session began', 'Handling an application', 'PIN'])
      expect(entry).toContain(part);
  });

  test('no page did anything wrong on the way', () => {
    for (const { faults } of [precinct, territory, supervisor, auditor]) expect(faults).toEqual([]);
  });

  test('the log verifies, and a copy with one changed bit does not, at the very entry', async () => {
    const whole = await verify(town.database);
    expect(whole, whole.said).toMatchObject({ code: 0 });

    const copy = join(town.dir, 'copy.sqlite');
    const original = new Database(town.database.slice('sqlite:'.length), { readonly: true });
    await original.backup(copy);
    original.close();
    const at = changeOneBit(copy);
    const damaged = await verify(`sqlite:${copy}`);
    expect(damaged.code).toBe(1);
    expect(damaged.said).toMatch(new RegExp(`\\b${at}\\b`));
  });

  /** The same voter once more, through the pages' own sessions. Returns when the change was acknowledged. */
  async function correctAgain(house: string): Promise<number> {
    const made = await precinct.send('POST', '/api/applications', {
      kind: 'correction',
      voter,
      applicant: { surname: voterName.split(' ')[0], givenName: voterName.split(' ')[1] },
      change: [{ field: 'address', new: `Достук көчөсү, ${house}` }],
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    let version = made.body.version;
    const step = async (desk: Desk, name: string, body: object = {}) => {
      const reply = await desk.send('POST', `/api/applications/${made.body.id}/actions/${name}`, {
        expectedVersion: version,
        ...body,
      });
      expect(reply.status, `${name}: ${JSON.stringify(reply.body)}`).toBe(200);
      ({ version } = reply.body);
    };
    await step(precinct, 'check-identity', { photoMatched: true, passport });
    await step(precinct, 'receive');
    await step(precinct, 'enter');
    await step(territory, 'start-review');
    await step(territory, 'decide', { outcome: 'approved', reason: 'такталды' });
    await step(territory, 'apply');
    return performance.now();
  }

  function verify(database: string): Promise<{ code: number; said: string }> {
    const args = ['scripts/kuzot.ts', 'audit', 'verify', '--db', database, '--keys', town.keysDir];
    return new Promise((done) => {
      execFile(process.execPath, args, (error, out, err) => {
        done({ code: error ? Number(error.code) : 0, said: out + err });
      });
    });
  }
});

interface TrailItem {
  act: string;
  session: { startedAt: number; lengthSeconds: number } | null;
}

type Dialog = ReturnType<Page['getByRole']>;

/** Presses the step's button, fills in what it asks, confirms, and waits until the page says it is done. */
async function takeStep(page: Page, name: string, fill: (dialog: Dialog) => Promise<void> = async () => {}) {
  await page.getByRole('main').getByRole('button', { name, exact: true }).click();
  const dialog = page.getByRole('dialog', { name, exact: true });
  await dialog.waitFor();
  await fill(dialog);
  await dialog.getByRole('button', { name, exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
}

/** Somebody of the precinct whose surname nobody else there has, and their name as an ear would write it. */
function misspellable(town: Town, precinct: string) {
  const rows = town.votersOf(precinct);
  const row = rows.find(
    ({ surname, given_name }) =>
      /[өү]/.test(surname) &&
      surname.length > 8 &&
      rows.filter((one) => one.surname === surname && one.given_name === given_name).length === 1,
  );
  if (!row) throw new Error('the country has no such surname');
  const plain = row.surname.replaceAll('ө', 'о').replaceAll('ү', 'у');
  // One letter in the middle is missing.
  return { row, typed: `${plain.slice(0, 4)}${plain.slice(5)} ${row.given_name}` };
}

/** Behind the triggers, as somebody with the file would. Returns the number of the entry. */
function changeOneBit(path: string): number {
  const db = new Database(path);
  db.exec('DROP TRIGGER entry_no_update');
  const { seq, leaf } = db
    .prepare('SELECT seq, leaf FROM entry ORDER BY seq LIMIT 1 OFFSET (SELECT count(*) / 2 FROM entry)')
    .get() as { seq: number; leaf: Buffer };
  leaf[leaf.length >> 1]! ^= 1;
  db.prepare('UPDATE entry SET leaf = ? WHERE seq = ?').run(leaf, seq);
  db.close();
  return seq;
}
