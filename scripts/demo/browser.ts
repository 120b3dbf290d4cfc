// An officer's browser, as far as the demo needs one: cookies, log-in with password and code, and the second factor shown
// again when an act asks for it. Speaks only what any browser may speak to the server.
import { codeAt, stepSeconds } from '#server/lib/totp.ts';

export interface Reply {
  status: number;
  body: Record<string, unknown>;
}

export interface Person {
  login: string;
  password: string;
  seed: Buffer;
}

/** A clock the browsers may push forward: a code opens once, and sometimes one must wait for the next. */
export interface MovingClock {
  now(): number;
  advanceTo(ms: number): void;
}

export interface Site {
  /** Where the server listens. */
  address: string;
  /** What it takes for its own origin. */
  origin: string;
  clock: MovingClock;
}

export interface Browser {
  send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Reply>;
  /** Sends, and shows the factor and sends again when the server asks for it. */
  sendWithFactor(method: 'GET' | 'POST', path: string, body: object): Promise<Reply>;
  logIn(password?: string): Promise<Reply>;
}

/** @param devices device cookies by workstation, shared by all who sit there */
export function openBrowser(
  { address, origin, clock }: Site,
  person: Person,
  workstation: { name: string; network: string },
  devices: Map<string, string>,
): Browser {
  let session = '';
  let lastStep = 0;

  async function send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<Reply> {
    const device = devices.get(workstation.name);
    const reply = await fetch(address + path, {
      method,
      headers: {
        cookie: [session, device].filter(Boolean).join('; '),
        'x-forwarded-for': workstation.network,
        ...(method !== 'GET' && { origin }),
        ...(method === 'POST' && { 'content-type': 'application/json' }),
      },
      ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
    });
    for (const line of reply.headers.getSetCookie()) {
      const cookie = line.split(';')[0]!;
      if (cookie.startsWith('__Host-kuzot-device=')) devices.set(workstation.name, cookie);
      else if (cookie.startsWith('__Host-kuzot=')) session = cookie;
    }
    const text = await reply.text();
    const isJson = reply.headers.get('content-type')?.includes('json') === true;
    return { status: reply.status, body: isJson ? (JSON.parse(text) as Reply['body']) : {} };
  }

  /** A code no one has used yet; waits for the next step of time when this one is spent. */
  function freshCode(): string {
    const step = Math.max(Math.floor(clock.now() / 1000 / stepSeconds), lastStep + 1);
    clock.advanceTo(step * stepSeconds * 1000);
    lastStep = step;
    return codeAt(person.seed, step * stepSeconds * 1000);
  }

  return {
    send,
    async sendWithFactor(method, path, body) {
      const first = await send(method, path, body);
      if (first.status !== 403 || !String(first.body.type).endsWith('step-up-required')) return first;
      const { action, hash } = first.body;
      const bound = typeof action === 'string' ? { action, hash: String(hash ?? '') } : {};
      const shown = await send('POST', '/api/session/step-up', { code: freshCode(), ...bound });
      return shown.status === 200 ? send(method, path, body) : shown;
    },
    async logIn(password = person.password) {
      const entered = await send('POST', '/api/session', { login: person.login, password });
      if (entered.status !== 200) return entered;
      return send('POST', '/api/session/totp', { code: freshCode() });
    },
  };
}
