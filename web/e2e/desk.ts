// One desk: a browser profile of its own with one page, watched. Whatever the page does wrong on the way (an error in the
// console, a refusal of the content policy, a reply of 5xx) is kept, and so is every address it asked for.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Person } from './town.ts';

export type Desk = Awaited<ReturnType<typeof openDesk>>;

/** What every journey ends with: nothing here. */
export type Fault = string;

/** What Chromium says of a reply the pages expect and answer: not logged in, a factor asked for, somebody else's record. */
const expected = /^Failed to load resource: the server responded with a status of 4\d\d/;

/** @param over such as a viewport; `locale` also is the language the page is read in */
export async function openDesk(
  { origin }: { origin: string },
  browser: Browser,
  over: BrowserContextOptions = {},
) {
  const context = await browser.newContext({ baseURL: origin, locale: 'en', ...over });
  context.setDefaultTimeout(60_000);
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`refused by the policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
    });
    // Paper is what tests look at themselves.
    window.print = () => {
      dispatchEvent(new Event('beforeprint'));
      document.documentElement.dataset.printed = 'yes';
    };
  });
  const faults: Fault[] = [];
  const addresses: string[] = [];
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('request', (request) => addresses.push(request.url()));
  page.on('framenavigated', (frame) => addresses.push(frame.url()));
  page.on('response', (response) => {
    if (response.status() >= 500) faults.push(`${response.status()} ${response.url()}`);
  });

  return {
    context,
    page,
    faults,
    addresses,
    logIn: (person: Person) => logIn(page, person),
    logOut: () => logOut(page),
    /** A request as the page itself would send it, inside its session. */
    send: (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => send(page, method, path, body),
    close: () => context.close(),
  };
}

async function logIn(page: Page, person: Person): Promise<void> {
  if (!page.url().startsWith('http')) await page.goto('/');
  await page.getByLabel('Login', { exact: true }).fill(person.login);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByLabel('6-digit code').fill(person.code());
  await page.getByRole('button', { name: 'Confirm the code' }).click();
  await page.getByRole('navigation', { name: 'Main menu' }).waitFor();
}

async function logOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'My account' }).click();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'You have logged out' }).waitFor();
}

export interface Reply {
  status: number;
  // Parsed where a test reads it; replies are the server's business.
  body: Record<string, unknown>;
}

function send(page: Page, method: string, path: string, body?: object): Promise<Reply> {
  return page.evaluate(
    async ([method, path, body]) => {
      const reply = await fetch(path, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const text = await reply.text();
      return {
        status: reply.status,
        body: (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>,
      };
    },
    [method, path, body] as const,
  );
}
