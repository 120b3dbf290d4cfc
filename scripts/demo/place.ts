// Where the demo lives, and what of it is written down: who can log in (accounts.json), and with what it was made. The
// second is written last, so that a demo that was interrupted while being made is made anew.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { OfficerRole } from './country/officers.ts';

export const root = resolve(import.meta.dirname, '../..');
export const demoDir = join(root, 'var', 'demo');
export const keysDir = join(demoDir, 'keys');
export const countryDir = join(demoDir, 'country');
export const databaseFile = join(demoDir, 'kuzot.sqlite');
export const postgresDir = join(demoDir, 'postgres');
export const accountsFile = join(demoDir, 'accounts.json');
const madeFile = join(demoDir, 'made.json');

/** One line of accounts.json (contract.md). */
export interface Account {
  login: string;
  password: string;
  /** Base32; empty for the newcomer, who enrols at the first log-in. */
  totpSecret: string;
  role: OfficerRole;
  commission: string;
  name: string;
  newcomer?: true;
}

export type Engine = 'sqlite' | 'postgres';

export interface Made {
  engine: Engine;
  voters: number;
}

/** What the demo was made with; null when there is none, or a half of one. */
export function readMade(): Made | null {
  return existsSync(madeFile) ? (JSON.parse(readFileSync(madeFile, 'utf8')) as Made) : null;
}

export function writeMade(made: Made): void {
  writeFileSync(madeFile, `${JSON.stringify(made)}\n`);
}

/** Accounts are secrets even in a demo: nobody else on this machine reads them. */
export function writeAccounts(accounts: readonly Account[]): void {
  writeFileSync(accountsFile, `${JSON.stringify(accounts, null, 2)}\n`, { mode: 0o600 });
}

/** Throws the file system's ENOENT when there is no demo. */
export function readAccounts(): Account[] {
  return JSON.parse(readFileSync(accountsFile, 'utf8')) as Account[];
}

/** An empty folder. PostgreSQL's own user must be able to pass it; files in it guard themselves. */
export function clearDemo(): void {
  rmSync(demoDir, { recursive: true, force: true });
  mkdirSync(demoDir, { recursive: true, mode: 0o755 });
}
