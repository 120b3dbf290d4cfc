// What officials do with accounts and with the log, in a real browser: two of them for one account, its password seen once
// (R28, R57), and a search about a person that leaves no trace in any address.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Desk } from './desk.ts';
import { openTown, type Town } from './town.ts';

describe('officials', () => {
  let town: Town;
  let desk: Desk;

  beforeAll(async () => {
    town = await openTown(['central-admin-1', 'security-officer-1', 'auditor-1']);
  });
  afterAll(() => town?.close());

  test('one registers an account, another grants its role, and opens it; the password is seen once and opens only its own change', async () => {
    desk = await town.sit();
    await desk.logIn(town.person('central-admin-1'));
    let { page } = desk;
    await page.getByRole('navigation', { name: 'Main menu' }).getByRole('link', { name: 'Officers' }).click();
    await page.getByRole('link', { name: 'Register an officer' }).click();
    await page.getByLabel('Surname').fill('Сыдыкова');
    await page.getByLabel('Given name').fill('Жазгүл');
    await page.getByLabel('Login', { exact: true }).fill('j.sydykova');
    await page.getByLabel('Role').selectOption('auditor');
    await page.getByLabel('Commission’s code').fill('CEC');
    await page.getByLabel('Number and date of the order').fill('No. 7');
    await page.getByRole('button', { name: 'Register the officer' }).click();
    await page.getByRole('link', { name: 'Choose the level of the clearance' }).waitFor();
    await page.getByLabel('Personal data').check();
    await page.getByLabel('Day').fill('31');
    await page.getByLabel('Month').fill('12');
    await page.getByLabel('Year').fill('2099');
    await page.getByRole('button', { name: 'Register the officer' }).click();
    await page.getByRole('heading', { name: 'Сыдыкова Жазгүл' }).waitFor();
    expect(await page.getByRole('button', { name: 'Activate the account' }).count()).toBe(0);
    const card = page.url();
    expect(desk.faults).toEqual([]);
    await desk.close();

    desk = await town.sit();
    const official = town.person('security-officer-1');
    await desk.logIn(official);
    ({ page } = desk);
    // A role with powers of its own waits for a second official.
    await page.goto(card);
    await page.getByText('Awaiting a grant').first().waitFor();
    await page
      .getByRole('navigation', { name: 'Main menu' })
      .getByRole('link', { name: 'Approvals' })
      .click();
    await page.getByRole('link', { name: 'Grant an officer a wider duty' }).click();
    await page.getByText('Auditor · Central Commission').first().waitFor();
    await page.getByRole('button', { name: 'Approve the request' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve the request' }).click();
    await page.getByLabel('6-digit code').fill(official.code());
    await page.getByRole('button', { name: 'Confirm and go on' }).click();
    await page.getByText('Carried out').first().waitFor();

    await page.goto(card);
    await page.getByRole('button', { name: 'Activate the account' }).click();
    const question = page.getByRole('dialog', { name: 'Activate the account j.sydykova' });
    await question.getByLabel('The officer is with me').check();
    await question.getByRole('button', { name: 'Activate the account' }).click();
    await page.getByLabel('6-digit code').fill(official.code());
    await page.getByRole('button', { name: 'Confirm and go on' }).click();
    const shown = page.getByRole('dialog', { name: 'Temporary password' });
    const password = await shown.locator('dd').last().innerText();
    expect(password).toMatch(/^[A-Za-z0-9]{4}(-[A-Za-z0-9]{4}){3}$/);
    await shown.getByText('Never write this password down').waitFor();
    await shown.getByRole('button', { name: 'hide the password' }).click();
    await shown.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(password);
    await page.reload();
    await page.getByRole('heading', { name: 'Сыдыкова Жазгүл' }).waitFor();
    expect(await page.content()).not.toContain(password);
    expect(desk.faults).toEqual([]);
    await desk.close();

    desk = await town.sit();
    ({ page } = desk);
    await page.goto('/');
    await page.getByLabel('Login', { exact: true }).fill('j.sydykova');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByRole('heading', { name: 'Change your password' }).waitFor();
    await desk.close();
  });

  test('the log is filtered in the address, but never by what was typed about a person', async () => {
    desk = await town.sit();
    await desk.logIn(town.person('auditor-1'));
    const { page } = desk;
    await page
      .getByRole('navigation', { name: 'Main menu' })
      .getByRole('link', { name: 'Audit log' })
      .click();
    await page.getByLabel('Action').selectOption('session.login');
    await page.getByRole('button', { name: 'Find in the log' }).click();
    await page
      .getByRole('list', { name: 'Filters in use' })
      .getByText('Action: Log-in with a password')
      .waitFor();
    expect(new URL(page.url()).search).toBe('?act=session.login');

    await page.getByText('Search by person and workstation').click();
    await page.getByLabel('Number of the application').fill('1001-20261122-3f9a1c');
    await page.getByRole('button', { name: 'Find in the log' }).click();
    await page.getByText('The log has no such entry').waitFor();
    expect(desk.addresses.filter((address) => address.includes('3f9a1c'))).toEqual([]);

    await page.getByRole('button', { name: 'Remove all filters' }).first().click();
    await page.getByLabel('Action').selectOption('officer.activate');
    await page.getByRole('button', { name: 'Find in the log' }).click();
    await page.getByRole('table', { name: 'Log entries' }).getByRole('button').first().click();
    const entry = page.getByRole('dialog', { name: /^Log entry/ });
    await entry.getByText('officer.activate', { exact: true }).waitFor();
    await entry.getByRole('button', { name: 'Check this entry' }).click();
    await entry.getByText('This entry is genuine').waitFor();
    await entry.getByText('Entry and proof as text').click();
    await entry.getByText('c2sp.org/tlog-proof@v1').waitFor();
    expect(desk.faults).toEqual([]);
    await desk.close();
  });
});
