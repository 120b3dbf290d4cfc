// What tests of second factors do over and over: registering a passkey as the page does, showing one, making recovery codes.
import type { Client, Rig, TestOfficer } from './access-rig.ts';
import { type Authenticator, createAuthenticator, type Whims } from './authenticator.ts';
import { origin } from './set-up.ts';

export const newAuthenticator = () => createAuthenticator({ origin, rpId: 'localhost' });

/** Password and fresh code, then what the authenticator made; throws where the console refuses. */
export async function registerPasskey(
  rig: Rig,
  client: Client,
  officer: TestOfficer,
  authenticator = newAuthenticator(),
  name = 'Ачкыч',
): Promise<Authenticator> {
  await rig.stepUp(client, officer, 'session.passkey-begin');
  const begun = await client.post('/api/session/passkeys/registration', { password: officer.password });
  if (begun.statusCode !== 200) throw new Error(`registration: ${begun.body}`);
  const added = await client.post('/api/session/passkeys', { name, made: authenticator.make(begun.json()) });
  if (added.statusCode !== 200) throw new Error(`passkey: ${added.body}`);
  return authenticator;
}

/** A client past the password. */
export async function enterPassword(rig: Rig, officer: TestOfficer, client = rig.client()): Promise<Client> {
  const reply = await client.post('/api/session', { login: officer.login, password: officer.password });
  if (reply.statusCode !== 200) throw new Error(`log-in: ${reply.body}`);
  return client;
}

/** What the session is asked to sign. */
export async function challenge(client: Client, purpose: string, more: object = {}) {
  const asked = await client.post('/api/session/passkeys/challenge', { purpose, ...more });
  if (asked.statusCode !== 200) throw new Error(`challenge: ${asked.body}`);
  return asked.json() as { challenge: string; allowCredentials: { id: string }[] };
}

/** Shows the passkey as the second factor of a log-in. */
export async function showPasskey(client: Client, authenticator: Authenticator, whims: Partial<Whims> = {}) {
  const asked = await challenge(client, 'login');
  return client.post('/api/session/passkey', { passkey: authenticator.show(asked, whims) });
}

export async function makeRecoveryCodes(rig: Rig, client: Client, officer: TestOfficer): Promise<string[]> {
  await rig.stepUp(client, officer, 'session.recovery-codes');
  const made = await client.post('/api/session/recovery-codes', { password: officer.password });
  if (made.statusCode !== 200) throw new Error(`recovery codes: ${made.body}`);
  return made.json().codes;
}
