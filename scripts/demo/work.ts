// Carries out the planned days through the server's own interface: each planned act becomes the requests a console would
// send. It decides nothing: what the server refuses is counted, and stays refused.
import type { Reader } from '#db/store.ts';
import { type Browser, openBrowser, type Person, type Reply, type Site } from './browser.ts';
import type { Step, VoterRef } from './country/traffic-steps.ts';
import type { VoterRow } from './country/types.ts';

export interface Office {
  site: Site;
  reader: Reader;
  /** By the officer's key in the plan. */
  people: ReadonlyMap<string, Person>;
  /** Voters of each precinct in the order of the voters file. */
  lists: ReadonlyMap<string, readonly VoterRow[]>;
}

export interface Workday {
  perform(step: Step): Promise<Reply>;
  /** A draft under a key of its own. */
  begin(
    officer: string,
    key: string,
    kind: 'correction' | 'deceased',
    voter: VoterRef,
    change: { field: string; new: string }[],
  ): Promise<Reply>;
  /** An officer's browser, where they always sit. */
  browserOf(officer: string): Browser;
  /** A named step of an application begun under that key. */
  act(officer: string, key: string, name: string, body: object): Promise<Reply>;
}

/** Planned keys of applications and requests → what the server called them. */
interface Known {
  id: string;
  version: number;
}

export function openWorkday({ site, reader, people, lists }: Office): Workday {
  const browsers = new Map<string, Browser>();
  const devices = new Map<string, string>();
  const applications = new Map<string, Known>();
  const requests = new Map<string, string>();

  function browserOf(officer: string): Browser {
    const open = browsers.get(officer);
    if (open) return open;
    const person = people.get(officer);
    if (!person) throw new Error(`the plan names an officer ${officer} whom the demo does not have`);
    // One room with a network of its own for every officer: as in life, an address tells where somebody sits.
    const workstation = { name: `ws-${officer}`, network: `10.20.${browsers.size + 1}.7` };
    const browser = openBrowser(site, person, workstation, devices);
    browsers.set(officer, browser);
    return browser;
  }

  function rowOf({ precinct, index }: VoterRef): VoterRow {
    const row = lists.get(precinct)?.[index];
    if (!row)
      throw new Error(`the plan names voter ${index} of precinct ${precinct}, who is not in the list`);
    return row;
  }

  async function idOf(voter: VoterRef): Promise<string> {
    const found = await reader.voters.byPin(rowOf(voter).pin);
    if (!found) throw new Error(`voter ${voter.index} of precinct ${voter.precinct} was not imported`);
    return found.voter.id;
  }

  function applicationOf(key: string): Known {
    const known = applications.get(key);
    if (!known) throw new Error(`${key} was never taken in`);
    return known;
  }

  async function act(browser: Browser, key: string, name: string, body: object = {}): Promise<Reply> {
    const { id, version } = applicationOf(key);
    const path = `/api/applications/${id}/actions/${name}`;
    const reply = await browser.send('POST', path, { expectedVersion: version, ...body });
    if (typeof reply.body.version === 'number') applications.set(key, { id, version: reply.body.version });
    return reply;
  }

  async function ask(browser: Browser, step: Extract<Step, { request: string; precinct: string }>) {
    const path = step.kind === 'print-request' ? '/api/prints' : '/api/exports';
    const { precinct, purpose } = step;
    const reply = await browser.sendWithFactor('POST', path, { precinct, list: 'preliminary', purpose });
    if (typeof reply.body.approval === 'string') requests.set(step.request, reply.body.approval);
    return reply;
  }

  async function begin(
    browser: Browser,
    key: string,
    kind: string,
    voter: VoterRef,
    change: { field: string; new: string }[],
  ): Promise<Reply> {
    const row = rowOf(voter);
    const reply = await browser.send('POST', '/api/applications', {
      kind,
      voter: await idOf(voter),
      applicant: {
        pin: row.pin,
        surname: row.surname,
        givenName: row.given_name,
        patronymic: row.patronymic,
        birthDate: row.birth_date,
        sex: row.sex,
        address: row.address,
        replyBy: 'paper',
      },
      change,
      channel: 'in-person',
      legalBasis: 'Конституциялык мыйзам, 14-берене',
    });
    const { id, version } = reply.body;
    if (typeof id === 'string' && typeof version === 'number') applications.set(key, { id, version });
    return reply;
  }

  async function carryOut(browser: Browser, step: Step): Promise<Reply> {
    switch (step.kind) {
      case 'login':
        return browser.logIn();
      case 'login-failure':
        return browser.logIn('not-the-Passw0rd');
      case 'logout':
        return browser.send('DELETE', '/api/session');
      case 'search': {
        const row = rowOf(step.voter);
        const typed = { pin: row.pin, surname: row.surname, 'full-name': `${row.surname} ${row.given_name}` };
        return browser.send('POST', '/api/voters/search', { q: typed[step.by] });
      }
      case 'locate':
        return browser.send('POST', '/api/voters/locate', {
          pin: rowOf(step.voter).pin,
          purpose: step.purpose,
        });
      case 'view':
        return browser.send('GET', `/api/voters/${await idOf(step.voter)}`);
      case 'reveal':
        return browser.sendWithFactor('POST', `/api/voters/${await idOf(step.voter)}/reveal`, {
          field: step.field === 'birth_date' ? 'birthDate' : step.field,
          purpose: step.purpose,
          case: applicationOf(step.application).id,
        });
      case 'copy':
        return browser.send('POST', '/api/events', { kind: 'copy' });
      case 'take-application':
        return begin(browser, step.application, 'correction', step.voter, [step.change]);
      case 'check-identity':
        return act(browser, step.application, 'check-identity', {
          photoMatched: true,
          passport: { series: 'ID', number: String(1_000_000 + applications.size) },
        });
      case 'receive':
      case 'enter':
      case 'start-review':
      case 'apply':
        return act(browser, step.application, step.kind);
      case 'decide':
        return act(browser, step.application, 'decide', { outcome: step.outcome, reason: step.reason });
      case 'close':
        return act(browser, step.application, 'close', { reason: step.reason });
      case 'reply':
        return act(browser, step.application, 'reply', { method: 'paper', proof: 'чыгыш китеби' });
      case 'print-request':
      case 'export-request':
        return ask(browser, step);
      case 'approve': {
        const approval = requests.get(step.request);
        if (!approval) throw new Error(`${step.request} was never asked for`);
        return browser.sendWithFactor('POST', `/api/approvals/${approval}/actions/approve`, {});
      }
      case 'read-accesses':
        return browser.send('GET', `/api/voters/${await idOf(step.voter)}/accesses`);
      case 'read-audit':
        return browser.send('GET', '/api/audit/entries');
      case 'read-alerts':
        return browser.send('GET', '/api/alerts');
      case 'read-approvals':
        return browser.send('GET', '/api/approvals');
      case 'read-officers':
        return browser.send('GET', '/api/officers');
      case 'read-commissions':
        return browser.send('GET', '/api/commissions');
    }
  }

  return {
    browserOf,
    perform: (step) => carryOut(browserOf(step.officer), step),
    begin: (officer, key, kind, voter, change) => begin(browserOf(officer), key, kind, voter, change),
    act: (officer, key, name, body) => act(browserOf(officer), key, name, body),
  };
}
