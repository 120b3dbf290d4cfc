// Every main page with real records on it: no fault axe knows of (WCAG 2.2 A and AA, and whatever it calls serious), no
// sideways scrolling on the narrowest screen, in three languages and two themes.
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proposals, proposedDay } from '#server/calendar/rules.ts';
import { addCalendarDays, bishkekDay } from '#server/lib/dates.ts';
import { faultsOf } from './axe.ts';
import type { Desk } from './desk.ts';
import { openTown, type Town } from './town.ts';

const languages = ['Кыр', 'Рус', 'Eng'] as const;
type Look = readonly [language: (typeof languages)[number], theme: 'light' | 'dark'];

/** What a page is looked at in, in turns, so that over the pages every language is met in both themes. */
const turns: readonly (readonly [Look, Look])[] = [
  [
    ['Кыр', 'light'],
    ['Рус', 'dark'],
  ],
  [
    ['Eng', 'light'],
    ['Кыр', 'dark'],
  ],
  [
    ['Рус', 'light'],
    ['Eng', 'dark'],
  ],
];
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
const wide = { width: 1280, height: 900 };
const narrow = { width: 320, height: 640 };

describe('the pages', () => {
  let town: Town;
  let turn = 0;
  /** Ids of the records shown. */
  const shown = {
    voter: '',
    application: '',
    coupon: '',
    approval: '',
    alert: '',
    officer: '',
    campaign: '',
    drawn: '',
  };
  const desks = new Map<string, Desk>();

  beforeAll(async () => {
    town = await openTown([
      'precinct-member-1',
      'territorial-admin-1',
      'supervisor-1',
      'auditor-1',
      'approver-1',
      'security-officer-1',
      'central-admin-1',
      'protection-officer-1',
    ]);
    await work();
  });
  afterAll(() => town?.close());

  /** An officer's desk, logged in once. */
  async function deskOf(key: string): Promise<Desk> {
    const known = desks.get(key);
    if (known) return known;
    const desk = await town.sit({ viewport: wide, reducedMotion: 'reduce' });
    if (key !== '') await desk.logIn(town.person(key));
    desks.set(key, desk);
    return desk;
  }

  /** A morning's work, so that no page is empty: three corrections of one voter, a list asked for, an alert. */
  async function work() {
    const member = await deskOf('precinct-member-1');
    const admin = await deskOf('territorial-admin-1');
    const { commission } = town.person('precinct-member-1');
    const row = town.votersOf(commission).find(({ patronymic }) => patronymic !== '')!;
    const found = await member.send('POST', '/api/voters/search', { q: row.pin });
    shown.voter = (found.body.items as { id: string }[])[0]!.id;
    for (const house of ['1', '2', '3', '4', '5']) {
      const made = await member.send('POST', '/api/applications', {
        kind: 'correction',
        voter: shown.voter,
        applicant: {
          surname: row.surname,
          givenName: row.given_name,
          patronymic: row.patronymic,
          pin: row.pin,
          birthDate: row.birth_date,
          contact: '0555 123456',
        },
        change: [{ field: 'address', new: `Ысык-Көл областы, Жети-Өгүз району, Кызыл-Суу айылы, ${house}` }],
      });
      shown.application = String(made.body.id);
      let version = made.body.version;
      const steps: [Desk, string, object][] = [
        [member, 'check-identity', { photoMatched: true, passport: { series: 'ID', number: '1234567' } }],
        [member, 'receive', {}],
        [member, 'enter', {}],
        [admin, 'start-review', {}],
        [admin, 'decide', { outcome: 'approved', reason: 'Жашаган жери боюнча маалымкат көрсөтүлдү' }],
        [admin, 'apply', {}],
      ];
      // One waits for information; the last stays under review: its card shows what can be done.
      if (house === '4') steps.splice(4, 2, [admin, 'ask', { note: 'Үй-бүлөнүн башка мүчөлөрүнүн дареги' }]);
      if (house === '5') steps.splice(4, 2);
      for (const [desk, name, body] of steps) {
        const path = `/api/applications/${shown.application}/actions/${name}`;
        const reply = await desk.send('POST', path, { expectedVersion: version, ...body });
        if (reply.status !== 200) throw new Error(`${name} was refused: ${JSON.stringify(reply.body)}`);
        version = reply.body.version;
        shown.coupon = String(reply.body.coupon);
      }
    }
    const request = { precinct: commission, list: 'control', purpose: 'list-check' };
    const asked = await admin.send('POST', '/api/prints', request);
    const { action, hash } = asked.body;
    const code = town.person('territorial-admin-1').code();
    await admin.send('POST', '/api/session/step-up', { code, action, hash });
    shown.approval = String((await admin.send('POST', '/api/prints', request)).body.id);
    const supervisor = await deskOf('supervisor-1');
    await town.watched();
    const alerts = (await supervisor.send('GET', '/api/alerts')).body.items as { id: string }[];
    shown.alert = alerts[0]!.id;
    await setElection(await deskOf('central-admin-1'));
    const security = await deskOf('security-officer-1');
    const officers = (await security.send('GET', '/api/officers')).body.items as { id: string }[];
    shown.officer = officers[0]!.id;
    const campaign = { name: 'Шайлоо', basis: '№ 12', opensOn: bishkekDay(town.clock()) };
    shown.campaign = String((await security.send('POST', '/api/campaigns', campaign)).body.id);
    await drawSample(await deskOf('auditor-1'));
  }

  /** One check with its dice thrown, one that waits for them. */
  async function drawSample(desk: Desk) {
    const to = bishkekDay(town.clock());
    await desk.send('POST', '/api/audit/samples', { to, confidence: 99, rate: 10 });
    const dice = { expectedVersion: 1, source: 'dice', digits: '61325142635142631425' };
    const drawn = await desk.send('POST', '/api/audit/samples/1/actions/draw', dice);
    expect(drawn.status, JSON.stringify(drawn.body)).toBe(200);
    const { items } = (await desk.send('GET', '/api/audit/samples/1')).body as {
      items: { seq: number; entry: { detail: Record<string, unknown> } }[];
    };
    // All were drawn. This one says "Commission" twice: the officer's own, and the one whose list was asked for.
    shown.drawn = String(items.find(({ entry }) => 'commission' in entry.detail)!.seq);
    await desk.send('POST', '/api/audit/samples', { to, from: to, reason: 'Кубик дубал артына түшүп кетти' });
  }

  async function setElection(desk: Desk) {
    const votingDay = addCalendarDays(bishkekDay(town.clock()), 60);
    const reply = await desk.send('POST', '/api/calendar', {
      election: {
        nameKy: 'Жергиликтүү кеңештер',
        nameRu: 'Местные кенеши',
        nameEn: 'Local keneshes',
        votingDay,
      },
      dates: Object.keys(proposals).map((event) => ({
        event,
        onDay: proposedDay(votingDay, event),
        act: 'БШКнын токтому № 41',
      })),
    });
    expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  }

  const pages: readonly {
    name: string;
    who: string;
    address: () => string;
    /** Further presses before the page is as it should be looked at. */
    ready?: (page: Page) => Promise<void>;
  }[] = [
    { name: 'log-in', who: '', address: () => '/' },
    {
      name: 'status of an application',
      who: '',
      address: () => `/status#${shown.coupon}`,
      ready: (page) => page.getByRole('heading', { name: 'Your application' }).waitFor(),
    },
    { name: 'home', who: 'precinct-member-1', address: () => '/' },
    {
      name: 'search for a voter',
      who: 'precinct-member-1',
      address: () => '/voters',
      ready: async (page) => {
        const [row] = town.votersOf(town.person('precinct-member-1').commission);
        await page.locator('#q').fill(row!.surname);
        await page.locator('#q').press('Enter');
        await page.getByRole('table').waitFor();
      },
    },
    {
      name: 'voter record with its history',
      who: 'territorial-admin-1',
      address: () => `/voters/${shown.voter}`,
      ready: async (page) => {
        await page.getByRole('button', { name: 'Show the history' }).click();
        await page.getByRole('table').first().waitFor();
      },
    },
    { name: 'list of applications', who: 'precinct-member-1', address: () => '/applications' },
    {
      name: 'new application',
      who: 'precinct-member-1',
      address: () => `/applications/new?voter=${shown.voter}`,
      ready: async (page) => {
        await page.locator('#kind').check();
        await page.locator('#change').waitFor();
      },
    },
    {
      name: 'application under review',
      who: 'territorial-admin-1',
      address: () => `/applications/${shown.application}`,
    },
    {
      name: 'question before a decision',
      who: 'territorial-admin-1',
      address: () => `/applications/${shown.application}`,
      ready: async (page) => {
        await page.getByRole('button', { name: 'Decide the application' }).click();
        await page.getByRole('dialog').waitFor();
      },
    },
    {
      name: 'receipt coupon',
      who: 'precinct-member-1',
      address: () => `/applications/${shown.application}?view=coupon`,
    },
    { name: 'approval', who: 'approver-1', address: () => `/approvals/${shown.approval}` },
    { name: 'approvals', who: 'approver-1', address: () => '/approvals' },
    { name: 'alerts', who: 'supervisor-1', address: () => '/alerts' },
    { name: 'alert', who: 'supervisor-1', address: () => `/alerts/${shown.alert}` },
    { name: 'audit log', who: 'auditor-1', address: () => '/audit' },
    {
      name: 'log entry with its proof',
      who: 'auditor-1',
      address: () => '/audit?seq=5',
      ready: async (page) => {
        const drawer = page.getByRole('dialog');
        const check = drawer.getByRole('button', {
          name: /Check this entry|Проверить запись|Жазууну текшерүү/,
        });
        const verdict = drawer.getByRole('alert').first();
        await check.or(verdict).first().waitFor();
        if ((await check.count()) > 0) await check.click();
        await verdict.waitFor();
      },
    },
    { name: 'random checks', who: 'auditor-1', address: () => '/samples' },
    {
      name: 'dice of a random check',
      who: 'auditor-1',
      address: () => '/samples/2',
      ready: async (page) => {
        await page.getByRole('button', { name: 'Enter the dice' }).click();
        await page.getByRole('dialog').waitFor();
      },
    },
    { name: 'random check with its drawn actions', who: 'auditor-1', address: () => '/samples/1' },
    {
      name: 'drawn action',
      who: 'auditor-1',
      address: () => `/samples/1?item=${shown.drawn}`,
      ready: (page) => page.getByRole('button', { name: 'Judge' }).waitFor(),
    },
    { name: 'officers', who: 'security-officer-1', address: () => '/officers' },
    { name: 'officer', who: 'security-officer-1', address: () => `/officers/${shown.officer}` },
    { name: 'campaigns', who: 'security-officer-1', address: () => '/officers/campaigns' },
    { name: 'campaign', who: 'security-officer-1', address: () => `/officers/campaigns/${shown.campaign}` },
    { name: 'registering an officer', who: 'central-admin-1', address: () => '/officers/new' },
    { name: 'calendar plan', who: 'central-admin-1', address: () => '/calendar' },
    { name: 'compliance', who: 'auditor-1', address: () => '/compliance' },
    { name: 'access policies', who: 'security-officer-1', address: () => '/policies' },
    { name: 'detection rules', who: 'security-officer-1', address: () => '/rules' },
    {
      name: 'who sees a precinct’s voters',
      who: 'auditor-1',
      address: () => `/policies/readers?unit=${town.person('precinct-member-1').commission}`,
    },
    {
      name: 'question for emergency access',
      who: 'territorial-admin-1',
      address: () => '/emergency',
      ready: async (page) => {
        await page.locator('main header button').click();
        await page.getByRole('dialog').waitFor();
      },
    },
    {
      name: 'accesses to a record',
      who: 'protection-officer-1',
      address: () => `/voters/${shown.voter}`,
    },
    {
      name: 'an access, proved by the browser',
      who: 'protection-officer-1',
      address: () => `/voters/${shown.voter}`,
      ready: async (page) => {
        await page.getByRole('table').getByRole('button').first().click();
        await page.getByRole('button', { name: 'Show the proof' }).click();
        await page.getByText('Proved', { exact: true }).waitFor();
      },
    },
    {
      name: 'the answer to a person',
      who: 'protection-officer-1',
      address: () => `/voters/${shown.voter}`,
      ready: async (page) => {
        await page.getByRole('button', { name: 'Prepare the answer' }).click();
        await page.getByRole('heading', { name: 'Answer about your personal data' }).waitFor();
      },
    },
    {
      name: 'asking to destroy',
      who: 'protection-officer-1',
      address: () => `/voters/${shown.voter}`,
      ready: async (page) => {
        await page.getByRole('button', { name: 'Ask to destroy' }).click();
        await page.getByRole('radio', { name: 'Collected unlawfully' }).click();
        await page.getByRole('button', { name: 'Send the request' }).click();
        await page.getByText('Give the number of the act').first().waitFor();
      },
    },
    {
      name: 'data protection',
      who: 'protection-officer-1',
      address: () => '/protection',
      ready: async (page) => {
        const [row] = town.votersOf(town.person('precinct-member-1').commission);
        await page.getByLabel('PIN').fill(row!.pin);
        await page.getByRole('button', { name: 'Find the record' }).click();
        await page.getByRole('link', { name: 'Open the accesses' }).waitFor();
      },
    },
    { name: 'own sessions', who: 'auditor-1', address: () => '/my/sessions' },
    { name: 'own factors', who: 'auditor-1', address: () => '/my/factors' },
    { name: 'help', who: 'auditor-1', address: () => '/help' },
  ];

  test.each(pages)('$name', async ({ who, address, ready }) => {
    const desk = await deskOf(who);
    const { page } = desk;
    await page.setViewportSize(wide);
    await page.emulateMedia({ colorScheme: 'light' });
    if (page.url() !== 'about:blank') await page.evaluate(() => localStorage.setItem('kuzot.language', 'en'));
    await page.goto(address());
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await loaded(page);
    await ready?.(page);
    const faults: string[] = [];
    // What lies behind a box cannot be pressed: under one the page stays in English.
    const isCovered = (await page.getByRole('dialog').count()) > 0;
    const [[first, theme], [second, other]] = turns[turn++ % turns.length]!;
    const told = isCovered ? ['Eng'] : [first, ...languages.filter((language) => language !== first)];
    const axe = async (language: string, theme: Look[1], runOnly: string[]) => {
      await page.emulateMedia({ colorScheme: theme });
      const found = await faultsOf(page, { runOnly, within: isCovered ? '[role="dialog"]' : null });
      for (const fault of found) faults.push(`${language} ${theme}: ${fault}`);
    };
    if (!isCovered) await speak(page, first);
    await axe(told[0]!, theme, tags);
    await page.setViewportSize(narrow);
    for (const language of told) {
      await speak(page, language);
      // Only its colours are news in the other theme.
      if (isCovered || language === second) await axe(language, other, ['color-contrast']);
      const over = await overflow(page);
      if (over > 0) faults.push(`${language}: ${over} px too wide: ${await tooWide(page)}`);
    }
    expect(faults).toEqual([]);
    expect(desk.faults).toEqual([]);
  });

  test('what happened twice in one moment is shown twice: guesses at a password come as fast as they can', async () => {
    const { page, faults } = await deskOf('auditor-1');
    await page.setViewportSize(wide);
    const refused = { at: town.clock(), outcome: 'denied', address: '10.0.0.9' };
    await page.route('**/api/session', async (route) => {
      const reply = await route.fetch();
      await route.fulfill({
        response: reply,
        json: { ...(await reply.json()), lastLogins: [refused, refused] },
      });
    });
    await page.goto('/my/sessions');
    await expect.poll(() => page.getByRole('cell', { name: '10.0.0.9' }).count()).toBe(2);
    await page.unroute('**/api/session');
    expect(faults).toEqual([]);
  });

  test('a page that fails is told as that, within a frame that stays, and comes back when asked again', async () => {
    const { page, faults } = await deskOf('auditor-1');
    await speak(page, 'Eng');
    await page.route('**/api/audit/samples/1', (route) => route.fulfill({ json: { items: [null] } }));
    await page.goto('/samples/1');
    await page.getByRole('heading', { name: 'The page could not be shown' }).waitFor();
    await page.getByRole('navigation', { name: 'Main menu' }).waitFor();
    expect(faults.splice(0)).toHaveLength(1);
    await page.unroute('**/api/audit/samples/1');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Check No. 1' }).waitFor();
    expect(faults).toEqual([]);
  });
});

/** Changes the language as a reader does: at the top of the page, without a reload. */
async function speak(page: Page, language: string): Promise<void> {
  const button = page.locator('header').getByRole('button', { name: language, includeHidden: true }).first();
  if ((await button.getAttribute('aria-pressed')) === 'true') return;
  // On a narrow screen it is within the menu.
  await button.dispatchEvent('click');
  await page
    .locator('header button[aria-pressed="true"]', { hasText: language })
    .first()
    .waitFor({ state: 'attached' });
  await loaded(page);
}

/** Nothing is on its way any more. */
async function loaded(page: Page): Promise<void> {
  await expect.poll(() => page.locator('[aria-busy="true"], .skeleton').count(), { timeout: 60_000 }).toBe(0);
}

/** How much wider the page is than the screen, px, once it had time to rearrange itself. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    return document.documentElement.scrollWidth - innerWidth;
  });
}

/** The elements that stick out furthest, to be found again. */
function tooWide(page: Page): Promise<string> {
  return page.evaluate(() =>
    [...document.querySelectorAll('main *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      .slice(0, 4)
      .map((element) => element.outerHTML.slice(0, 120))
      .join(' | '),
  );
}
