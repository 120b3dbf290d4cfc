// Passkeys and recovery codes as officers meet them, with Chromium's own virtual authenticator: registering, logging in,
// confirming an act, unlocking, the paper for the day the key is lost, and a role that must have a passkey.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Desk } from './desk.ts';
import { openTown, type Person, type Town } from './town.ts';

const minuteMs = 60_000;

describe('second factors', () => {
  let town: Town;

  beforeAll(async () => {
    town = await openTown(['auditor-1', 'supervisor-1', 'approver-1'], { passkeyRequired: ['approver'] });
  });
  afterAll(() => town?.close());
  afterEach(async () => expect(await town.rise()).toEqual([]));

  /** A desk with a security key in it, whose owner is there and enters the right PIN unless told otherwise. */
  async function sitWithKey() {
    const desk = await town.sit();
    const cdp = await desk.context.newCDPSession(desk.page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'usb',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    const knowsPin = (isUserVerified: boolean) =>
      cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    const held = async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
    return { ...desk, knowsPin, held };
  }

  async function enterPassword({ page }: Desk, person: Person) {
    if (!page.url().startsWith('http')) await page.goto('/');
    await page.getByLabel('Login', { exact: true }).fill(person.login);
    await page.getByLabel('Password', { exact: true }).fill(person.password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
  }

  async function againToLogin(desk: Desk) {
    await desk.logOut();
    await desk.page.getByRole('button', { name: 'Log in again' }).click();
  }

  const inside = ({ page }: Desk) => page.getByRole('navigation', { name: 'Main menu' }).waitFor();

  async function register(desk: Desk, person: Person, name: string) {
    const { page } = desk;
    await page.goto('/my/factors');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
    await dialog.getByLabel('Name of the passkey').fill(name);
    await dialog.getByLabel('Password', { exact: true }).fill(person.password);
    await dialog.getByRole('button', { name: 'Register the passkey' }).click();
    const confirmation = page.getByRole('dialog', { name: 'Confirm the act' });
    await confirmation.getByLabel('6-digit code').fill(person.code());
    await confirmation.getByRole('button', { name: 'Confirm and go on' }).click();
    await page.getByRole('row', { name: new RegExp(name) }).waitFor();
  }

  test('a passkey is registered, logs in, confirms an act, unlocks the screen and is removed', async () => {
    const desk = await sitWithKey();
    const { page } = desk;
    const auditor = town.person('auditor-1');
    await desk.logIn(auditor);
    await register(desk, auditor, 'Desk key');
    expect(await desk.held()).toHaveLength(1);

    await againToLogin(desk);
    await enterPassword(desk, auditor);
    await page.getByRole('heading', { name: 'Passkey' }).waitFor();
    await desk.knowsPin(false);
    await page.getByRole('button', { name: 'Show the passkey' }).click();
    await page.getByText('No passkey was shown').waitFor();
    await desk.knowsPin(true);
    await page.getByRole('button', { name: 'Show the passkey' }).click();
    await inside(desk);
    await page.getByText('A passkey was added to your account').waitFor();

    // The act that asks a fresh factor gets it from the same key.
    await page.goto('/my/factors');
    await page.getByRole('button', { name: 'Make recovery codes' }).click();
    const dialog = page.getByRole('dialog', { name: 'Make recovery codes' });
    await dialog.getByLabel('Password', { exact: true }).fill(auditor.password);
    await dialog.getByRole('button', { name: 'Make recovery codes' }).click();
    const confirmation = page.getByRole('dialog', { name: 'Confirm the act' });
    await confirmation.getByText('confirmed with your passkey').waitFor();
    await confirmation.getByRole('button', { name: 'Confirm and go on' }).click();
    await page.getByText('Put the codes on paper now').waitFor();
    expect(await page.locator('ol li').count()).toBe(10);
    await page.getByRole('button', { name: 'I have kept the codes' }).click();
    await page.getByText(/^10 codes left/).waitFor();

    await page.getByRole('button', { name: 'My account' }).click();
    await page.getByRole('button', { name: 'Lock the screen' }).click();
    const cover = page.getByRole('dialog', { name: 'The screen is locked' });
    await cover.getByRole('button', { name: 'Unlock with a passkey' }).waitFor();
    // Loaded anew the page knows nothing of the account, and offers it all the same.
    await page.reload();
    await cover.getByRole('button', { name: 'Unlock with a passkey' }).click();
    await cover.waitFor({ state: 'hidden' });

    await page.getByRole('button', { name: 'Remove the passkey Desk key' }).click();
    const question = page.getByRole('dialog', { name: 'Remove the passkey Desk key' });
    await question.getByLabel('Password', { exact: true }).fill(`${auditor.password}x`);
    await question.getByRole('button', { name: 'Remove the passkey' }).click();
    await confirmation.getByRole('button', { name: 'Confirm and go on' }).click();
    await question.getByText('The password is wrong').first().waitFor();
    await question.getByLabel('Password', { exact: true }).fill(auditor.password);
    await question.getByRole('button', { name: 'Remove the passkey' }).click();
    await page.getByText('No passkeys yet').waitFor();
  });

  test('a recovery code opens the log-in once, says so, and confirms no act', async () => {
    const desk = await sitWithKey();
    const { page } = desk;
    const supervisor = town.person('supervisor-1');
    await desk.logIn(supervisor);
    await page.goto('/my/factors');
    await page.getByRole('button', { name: 'Make recovery codes' }).click();
    const dialog = page.getByRole('dialog', { name: 'Make recovery codes' });
    await dialog.getByLabel('Password', { exact: true }).fill(supervisor.password);
    await dialog.getByRole('button', { name: 'Make recovery codes' }).click();
    const confirmation = page.getByRole('dialog', { name: 'Confirm the act' });
    await confirmation.getByLabel('6-digit code').fill(supervisor.code());
    await confirmation.getByRole('button', { name: 'Confirm and go on' }).click();
    const code = await page.locator('ol li').first().innerText();

    for (const said of ['', 'wrong or already used']) {
      await againToLogin(desk);
      await enterPassword(desk, supervisor);
      await page.getByRole('button', { name: 'Use a recovery code' }).click();
      await page.getByLabel('Recovery code').fill(code.toLowerCase().replaceAll('-', ' '));
      await page.getByRole('button', { name: 'Confirm the code' }).click();
      if (said !== '') await page.getByText(said).first().waitFor();
      else {
        await inside(desk);
        await page.getByText('A recovery code was used to log in').waitFor();
        await page.goto('/my/factors');
        await page.getByRole('button', { name: 'Make new codes' }).click();
        await dialog.getByLabel('Password', { exact: true }).fill(supervisor.password);
        await dialog.getByRole('button', { name: 'Make recovery codes' }).click();
        await confirmation.getByLabel('6-digit code').waitFor();
        expect(await confirmation.getByRole('button', { name: /recovery/i }).count()).toBe(0);
        await confirmation.getByRole('button', { name: 'Cancel' }).click();
        await dialog.getByRole('button', { name: 'Cancel' }).click();
      }
    }
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    for (const place of [kept, ...desk.addresses]) expect(place).not.toContain(code);
  });

  test('a role that must have a passkey registers one before anything else, and shows it from then on', async () => {
    const desk = await sitWithKey();
    const { page } = desk;
    const approver = town.person('approver-1');
    await enterPassword(desk, approver);
    await page.getByLabel('6-digit code').fill(approver.code());
    await page.getByRole('button', { name: 'Confirm the code' }).click();
    await page.getByRole('heading', { name: 'Register a passkey' }).waitFor();
    expect((await desk.send('GET', '/api/approvals')).status).toBe(403);
    // Whoever lingers is asked for a code once more.
    town.pass(6 * minuteMs);
    await page.getByLabel('Name of the passkey').fill('Office key');
    await page.getByRole('button', { name: 'Register the passkey' }).click();
    const confirmation = page.getByRole('dialog', { name: 'Confirm the act' });
    await confirmation.getByLabel('6-digit code').fill(approver.code());
    await confirmation.getByRole('button', { name: 'Confirm and go on' }).click();
    await inside(desk);
    await page.getByText('Make recovery codes for the day').waitFor();

    await againToLogin(desk);
    await enterPassword(desk, approver);
    await page.getByRole('heading', { name: 'Passkey' }).waitFor();
    expect(await page.getByRole('button', { name: 'Use a code instead' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show the passkey' }).click();
    await inside(desk);
  });
});
