// Reviewing, in a real browser: the proof of an entry is checked there and not believed, brushing works by keys alone, a session
// is seen whole, a view is kept, and evidence leaves after a code.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkEvidence } from '#server/audit/evidence-check.ts';
import type { EntryCard } from '#server/contract/audit.ts';
import type { Desk } from './desk.ts';
import { openTown, type Town } from './town.ts';

describe('an auditor', () => {
  let town: Town;
  let auditor: Desk;

  beforeAll(async () => {
    town = await openTown(['precinct-member-1', 'auditor-1']);
    const clerk = await town.sit();
    await clerk.logIn(town.person('precinct-member-1'));
    // Searched at the beginning of one minute and of another: in bars of minutes none is cut off from its like.
    town.pass(60_000 - (town.clock() % 60_000));
    for (let i = 0; i < 6; i++) {
      await clerk.send('POST', '/api/voters/search', { q: 'Асанова' });
      if (i === 3) town.pass(8 * 60_000);
    }
    await clerk.close();
    auditor = await town.sit({ acceptDownloads: true });
    await auditor.logIn(town.person('auditor-1'));
  }, 180_000);
  afterAll(() => town?.close());

  test('sees the proof checked, and whatever was changed on its way found wrong where it is', async () => {
    const { page } = auditor;
    const changes: [string, string, (card: EntryCard) => void][] = [
      ['genuine', 'This entry is genuine', () => undefined],
      [
        'leaf',
        'The root that was signed is the same',
        (card) => (card.leaf = card.leaf.replace('done', 'd0ne')),
      ],
      ['outcome', 'What is shown is entry', (card) => (card.outcome = 'denied')],
      [
        'path',
        'The root that was signed is the same',
        (card) =>
          (card.proof = card.proof.replace(
            /^([A-Za-z0-9+/])([A-Za-z0-9+/]{42}=)$/m,
            (_, a, rest) => (a === 'A' ? 'B' : 'A') + rest,
          )),
      ],
      [
        'size',
        'Signed by the log',
        (card) =>
          (card.proof = card.proof.replace(
            /\n\n(\S+)\n(\d+)\n/,
            (_, name, size) => `\n\n${name}\n${Number(size) + 1}\n`,
          )),
      ],
      [
        'signature',
        'Signed by the log',
        (card) =>
          (card.proof = card.proof.replace(/(— \S+ \S{20})(.)/, (_, a, b) => a + (b === 'A' ? 'B' : 'A'))),
      ],
    ];
    for (const [name, step, change] of changes) {
      await page.route(/\/api\/audit\/entries\/\d+$/, async (route) => {
        const reply = await route.fetch();
        const card = (await reply.json()) as EntryCard;
        change(card);
        await route.fulfill({ response: reply, json: card });
      });
      await page.goto('/audit?act=voter.search');
      await page.locator('tbody .opener').first().click();
      await page.getByRole('button', { name: 'Check this entry' }).click();
      if (name === 'genuine') await page.getByText(step).waitFor();
      else {
        await page.getByText('The proof does not hold').waitFor();
        await page.locator('li.wrong', { hasText: step }).waitFor();
      }
      expect(await page.getByText('This entry is genuine').count(), name).toBe(name === 'genuine' ? 1 : 0);
      await page.unroute(/\/api\/audit\/entries\/\d+$/);
    }
  });

  test('keeps the entries of a time with keys alone', async () => {
    const { page } = auditor;
    await page.goto('/audit?act=voter.search');
    const bars = page.getByRole('slider', { name: 'Entries over time' });
    await bars.focus();
    await page.keyboard.press('End');
    expect(await bars.getAttribute('aria-valuetext')).toMatch(/: 2\. Enter keeps only this time/);
    await page.keyboard.press('Enter');
    await page.getByText('2 of 2 shown').waitFor();
    expect(new URL(page.url()).searchParams.get('from')).toMatch(/^\d{4}-\d{2}-\d{2}T/);
  });

  test('sees a session whole, with what was long between', async () => {
    const { page } = auditor;
    await page.goto('/audit?act=voter.search');
    await page.locator('tbody .opener').first().click();
    await page.getByRole('link', { name: 'All entries of this session' }).click();
    await page.getByRole('heading', { name: 'One session' }).waitFor();
    await page.getByText(/nothing for 8\smin/).waitFor();
    expect(await page.getByRole('button', { name: 'Searched for a voter' }).count()).toBe(6);
  });

  test('keeps a view under a name, and finds it again', async () => {
    const { page } = auditor;
    await page.goto('/audit?act=voter.search');
    await page.getByRole('button', { name: 'Save this selection' }).click();
    await page.getByLabel('Name').fill('Searches');
    await page.getByRole('dialog').getByRole('button', { name: 'Save this selection' }).click();
    await page.getByText('The view is saved').waitFor();
    await page.goto('/audit');
    await page.getByLabel('Saved views').selectOption({ label: 'Searches' });
    await page.waitForURL(/act=voter\.search/);
  });

  test('takes the selection away as evidence, after a code', async () => {
    const { page } = auditor;
    await page.goto('/audit?act=voter.search');
    await page.locator('tbody .opener').first().waitFor();
    await page.getByRole('button', { name: 'Export as evidence' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Purpose').selectOption({ label: 'Handling a complaint' });
    await dialog.getByRole('button', { name: 'Export as evidence' }).click();
    await page.getByLabel('6-digit code').fill(town.person('auditor-1').code());
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Confirm', exact: false }).last().click();
    const file = await (await download).path();
    const verdict = checkEvidence(readFileSync(file), null);
    if (verdict.kind !== 'ok') throw new Error(`${verdict.where}: ${verdict.why}`);
    expect(verdict.entries).toHaveLength(6);
    expect(verdict.manifest.purpose).toBe('complaint');
    expect(auditor.faults).toEqual([]);
  });
});
