// Databases of the PostgreSQL that all tests of a run share (postgres-desk.ts).
import { inject } from 'vitest';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** @param from the schema in place, nothing at all, or a copy of another one, to which nobody may be connected */
export async function testDatabase(from: 'new' | 'empty' | TestDatabase = 'new'): Promise<TestDatabase> {
  const nameOf = (url: string) => new URL(url).pathname.slice(1);
  const url = await asked('POST', typeof from === 'string' ? from : nameOf(from.url));
  return { url, drop: async () => void (await asked('DELETE', nameOf(url))) };
}

async function asked(method: 'POST' | 'DELETE', what: string): Promise<string> {
  const reply = await fetch(`${inject('postgresDesk')}${what}`, { method });
  const text = await reply.text();
  if (!reply.ok) throw new Error(text);
  return text;
}
