// What an officer's session keeps to itself: first log-in, logging out, an idle screen, somebody else's voter, and what is
// left behind in the browser.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Desk } from './desk.ts';
import { openTown, type Person, type Town } from './town.ts';

const minuteMs = 60_000;

describe('a session', () => {
  let town: Town;

  beforeAll(async () => {
    town = await openTown([
      'precinct-member-1',
      'precinct-member-2',
      'precinct-member-3',
      'territorial-admin-1',
      'approver-1',
      'approver-2',
      'newcomer',
    ]);
  });
  afterAll(() => town?.close());
  afterEach(async () => expect(await town.rise()).toEqual([]));

  /** Somebody on the list of an officer's precinct. */
  function voterOf(key: string) {
    const [row] = town.votersOf(town.person(key).commission);
    if (!row) throw new Error('an empty precinct');
    return { ...row, name: [row.surname, row.given_name, row.patronymic].filter(Boolean).join(' ') };
  }

  /** Searches by PIN and opens the record. */
  async function openVoter({ page }: Desk, { pin, name }: { pin: string; name: string }) {
    await page.getByRole('link', { name: 'Voters', exact: true }).first().click();
    await page.getByLabel('Name or PIN').fill(pin);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { name }).waitFor();
  }

  test('begins, the first time, with an own password, an own factor and a signed briefing', async () => {
    const { page } = await town.sit();
    const newcomer = town.person('newcomer');
    const own = 'Тоолуу-Talas 7 жылкы';
    await page.goto('/');
    await page.getByLabel('Login', { exact: true }).fill(newcomer.login);
    await page.getByLabel('Password', { exact: true }).fill(newcomer.password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();

    await page.getByRole('heading', { name: 'Change your password' }).waitFor();
    await page.getByLabel('Current password', { exact: true }).fill(newcomer.password);
    await page.getByLabel('New password', { exact: true }).fill(own);
    await page.getByLabel('New password again', { exact: true }).fill(own);
    await page.getByRole('button', { name: 'Change the password' }).click();

    await page.getByRole('heading', { name: 'Set up your confirmation code' }).waitFor();
    await page.getByRole('img', { name: 'QR code for the authenticator app' }).waitFor();
    const key = (await page.locator('code').first().innerText()).replaceAll(/\s/g, '');
    await page.getByLabel('6-digit code').fill(newcomer.code(key));
    await page.getByRole('button', { name: 'Confirm the code' }).click();

    await page.getByRole('heading', { name: /^Briefing/ }).waitFor();
    await page.getByRole('button', { name: 'Sign the briefing' }).click();
    await page.getByText('To sign, confirm that you have read the briefing').first().waitFor();
    await page.getByLabel(/I have read the briefing/).check();
    await page.getByRole('button', { name: 'Sign the briefing' }).click();
    await page.getByText('This is your first log-in').waitFor();
  });

  test('leaves nothing after logging out: not behind the back button, not after a reload', async () => {
    const desk = await town.sit();
    const { page } = desk;
    const voter = voterOf('precinct-member-1');
    await desk.logIn(town.person('precinct-member-1'));
    await openVoter(desk, voter);
    const address = page.url();
    await desk.logOut();
    for (const leave of [
      () => page.goBack(),
      () => page.goBack(),
      () => page.reload(),
      () => page.goto(address),
    ]) {
      await leave();
      await page.getByRole('heading', { name: /^(You have logged out|Log in)$/ }).waitFor();
      const shown = await page.content();
      expect(shown).not.toContain(voter.surname);
      expect(shown).not.toContain(voter.pin.slice(-4));
    }
    expect((await desk.send('GET', `/api/voters/${address.split('/').at(-1)}`)).status).toBe(401);
  });

  test('is locked, opened and ended in every window of the browser at once', async () => {
    const desk = await town.sit();
    const { page } = desk;
    const member = town.person('precinct-member-1');
    const voter = voterOf('precinct-member-1');
    await desk.logIn(member);
    await openVoter(desk, voter);
    const other = await desk.context.newPage();
    await other.goto('/');
    await other.getByRole('button', { name: 'My account' }).click();
    await other.getByRole('button', { name: 'Lock the screen' }).click();
    const cover = page.getByRole('dialog', { name: 'The screen is locked' });
    await cover.waitFor();
    await other.getByLabel('Password', { exact: true }).fill(member.password);
    await other.getByRole('button', { name: 'Unlock' }).click();
    await cover.waitFor({ state: 'hidden' });
    await page.getByRole('heading', { name: voter.name }).waitFor();
    await other.getByRole('button', { name: 'My account' }).click();
    await other.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(await page.content()).not.toContain(voter.surname);
  });

  test('puts nothing of a person into storage, cookies of the page, addresses or history', async () => {
    const desk = await town.sit();
    const { page } = desk;
    const voter = voterOf('precinct-member-1');
    await desk.logIn(town.person('precinct-member-1'));
    await page.getByRole('link', { name: 'Voters', exact: true }).first().click();
    await page.getByLabel('Name or PIN').fill(`${voter.surname} ${voter.given_name}`);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByRole('link', { name: voter.name, exact: true }).click();
    await page.getByRole('heading', { name: voter.name }).waitFor();
    // What the browser writes into its history.
    const titles = [await page.title()];
    await page.getByRole('button', { name: 'Take an application about this voter' }).click();
    await page.getByRole('radio', { name: /^Error in the data/ }).check();
    titles.push(await page.title());
    await page.getByRole('checkbox', { name: 'Address' }).check();
    await page.getByLabel('New value: Address').fill('Жибек-Жолу көчөсү, 12');
    await page.getByLabel(/^PIN/).fill(voter.pin);
    await page.getByRole('button', { name: 'Check the answers' }).click();
    await page.getByRole('button', { name: 'Save the application' }).click();
    await page.getByRole('heading', { name: /^Application / }).waitFor();
    titles.push(await page.title());

    const kept = await page.evaluate(async () => ({
      local: Object.entries(localStorage),
      session: Object.entries(sessionStorage),
      cookie: document.cookie,
      state: JSON.stringify(history.state),
      databases: (await indexedDB.databases()).length,
      caches: await caches.keys(),
      workers: (await navigator.serviceWorker.getRegistrations()).length,
    }));
    expect(kept).toMatchObject({ session: [], cookie: '', databases: 0, caches: [], workers: 0 });
    expect(kept.local.map(([key]) => key).sort()).toEqual(['kuzot.language', 'kuzot.theme']);
    const addresses = desk.addresses.map(decodeURIComponent);
    const everywhere = [kept.state, ...kept.local.flat(), ...addresses, ...titles].join('\n');
    for (const said of [voter.surname, voter.given_name, voter.pin, voter.birth_date, 'Жибек'])
      expect(everywhere).not.toContain(said);
  });

  test('does not know a voter of another precinct', async () => {
    const desk = await town.sit();
    const { page } = desk;
    const mine = await town.sit();
    const voter = voterOf('precinct-member-2');
    await mine.logIn(town.person('precinct-member-2'));
    await openVoter(mine, voter);
    const address = new URL(mine.page.url()).pathname;

    await desk.logIn(town.person('precinct-member-3'));
    await page.goto(address);
    await page.getByText('There is no such record within your reach.').waitFor();
    expect(await page.content()).not.toContain(voter.surname);
    await page.goto(`${address.slice(0, -4)}zzzz`);
    await page.getByText('There is no such record within your reach.').waitFor();
    await page.getByRole('link', { name: 'Voters', exact: true }).first().click();
    await page.getByLabel('Name or PIN').fill(voter.pin);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByText('No such voter was found').waitFor();
  });

  test('covers the screen when nobody has been there for ten minutes, and opens with the password', async () => {
    const desk = await town.sit();
    const { page } = desk;
    const member = town.person('precinct-member-1');
    await page.clock.install();
    await desk.logIn(member);
    const voter = voterOf('precinct-member-1');
    await openVoter(desk, voter);
    const card = `/api${new URL(page.url()).pathname}`;

    town.pass(11 * minuteMs);
    await page.clock.fastForward(11 * minuteMs);
    const cover = page.getByRole('dialog', { name: 'The screen is locked' });
    await cover.waitFor();
    // Whatever is pressed, anywhere, is the cover.
    const open = await page.evaluate(() => {
      const points = [0.02, 0.25, 0.5, 0.75, 0.98];
      return points.flatMap((x) =>
        points
          .map((y) => document.elementFromPoint(innerWidth * x, innerHeight * y))
          .filter((element) => !element?.closest('dialog'))
          .map((element) => element?.tagName),
      );
    });
    expect(open).toEqual([]);
    // Nor does paper, or a search within the page, show what lies behind it.
    for (const media of ['print', 'screen'] as const) {
      await page.emulateMedia({ media });
      expect(await page.evaluate(() => document.body.innerText)).not.toContain(voter.surname);
    }
    await page.keyboard.press('Escape');
    expect(await cover.isVisible()).toBe(true);
    const refused = await desk.send('GET', card);
    expect(refused.status).not.toBe(200);
    expect(JSON.stringify(refused.body)).toMatch(/locked/);
    expect(JSON.stringify(refused.body)).not.toContain(voter.surname);

    await cover.getByLabel('Password', { exact: true }).fill(`${member.password}x`);
    await cover.getByRole('button', { name: 'Unlock' }).click();
    await cover.getByText('The login, password or code is not right.').waitFor();
    await cover.getByLabel('Password', { exact: true }).fill(member.password);
    await cover.getByRole('button', { name: 'Unlock' }).click();
    await cover.waitFor({ state: 'hidden' });
    await page.getByRole('heading', { name: voter.name }).waitFor();
    expect((await desk.send('GET', card)).status).toBe(200);
  });

  test('gives a list out once, after two others approved with a code of their own', async () => {
    const asker = await town.sit();
    const { page } = asker;
    const admin = town.person('territorial-admin-1');
    await asker.logIn(admin);
    await askForList(asker, admin);
    const address = new URL(page.url()).pathname;

    for (const key of ['approver-1', 'approver-2']) {
      const desk = await town.sit();
      const approver = town.person(key);
      await desk.logIn(approver);
      await desk.page.goto(address);
      await desk.page.getByRole('button', { name: 'Approve the request' }).click();
      const question = desk.page.getByRole('dialog', { name: 'Approve the request' });
      await question.getByRole('button', { name: 'Approve the request' }).click();
      await confirmWithCode(desk, approver.code());
      await desk.page.getByText('Your approval is recorded').waitFor();
      await desk.logOut();
    }

    await page.reload();
    await page.getByRole('button', { name: 'Download the file' }).click();
    const coming = page.waitForEvent('download');
    await confirmWithCode(asker, admin.code());
    const file = await (await coming).createReadStream();
    const chunks: Buffer[] = [];
    for await (const chunk of file) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).subarray(0, 5).toString()).toBe('%PDF-');
    await page.getByText('The file is not given out again').waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Print a list' }).waitFor();
    await page.getByText('Carried out').waitFor();
    expect(await page.getByRole('button', { name: 'Download the file' }).count()).toBe(0);
  });

  test('several requests are approved together with one code, each named in the question', async () => {
    const asker = await town.sit();
    const admin = town.person('territorial-admin-1');
    await asker.logIn(admin);
    for (let n = 0; n < 3; n++) await askForList(asker, admin);

    const desk = await town.sit();
    const { page } = desk;
    const approver = town.person('approver-1');
    await desk.logIn(approver);
    await page.getByRole('link', { name: 'Approvals', exact: true }).first().click();
    await page.getByRole('button', { name: 'Print a list · Approve 3 together' }).click();
    const question = page.getByRole('dialog', { name: 'Approve together' });
    const boxes = question.getByRole('checkbox');
    await boxes.first().waitFor();
    expect(await boxes.count()).toBe(3);
    for (const n of [0, 1, 2]) await boxes.nth(n).uncheck();
    await question.getByRole('button', { name: 'Approve together' }).click();
    await question.getByText('Choose at least one request').first().waitFor();
    for (const n of [0, 2]) await boxes.nth(n).check();
    await question.getByRole('button', { name: 'Approve 2 together' }).click();
    await confirmWithCode(desk, approver.code());
    await question.waitFor({ state: 'hidden' });
    // One waits for this approver still, and nothing is left to approve together.
    await page.getByRole('button', { name: /Approve \d+ together/ }).waitFor({ state: 'hidden' });
    const { items } = (await desk.send('GET', '/api/approvals?state=pending')).body as {
      items: { votes: unknown[] }[];
    };
    expect(items.map(({ votes }) => votes.length).toSorted()).toEqual([0, 1, 1]);
  });

  /** Ends on the page of the request. */
  async function askForList(asker: Desk, admin: Person) {
    const { page } = asker;
    await page.getByRole('link', { name: 'Approvals', exact: true }).first().click();
    await page.getByRole('button', { name: 'Ask for a list' }).click();
    const dialog = page.getByRole('dialog', { name: 'Ask for a list' });
    await dialog.getByRole('radio', { name: /^Print/ }).check();
    await dialog.getByLabel('Precinct').selectOption(town.person('precinct-member-1').commission);
    await dialog.getByRole('radio', { name: 'Control list' }).check();
    await dialog.getByLabel('Purpose').selectOption({ label: 'Clarifying the list' });
    await dialog.getByRole('button', { name: 'Send the request' }).click();
    await confirmWithCode(asker, admin.code());
    await page.getByText('When other officers have decided').waitFor();
  }

  async function confirmWithCode({ page }: Desk, code: string) {
    const question = page.getByRole('dialog', { name: 'Confirm the act' });
    await question.getByLabel('6-digit code').fill(code);
    await question.getByRole('button', { name: 'Confirm and go on' }).click();
    await question.waitFor({ state: 'hidden' });
  }
});
