// A fresh database of either engine for each test, with a way past the store: plain SQL as its owner would type it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { canonicalJson } from '#server/lib/canonical.ts';
import { generateSigner, signerFromPem, signerToPem } from '#server/lib/log/note.ts';
import type { Engine } from '../dialect.ts';
import { joinStore, type MaintainedStore, openHub, openStore, type StoreOptions } from '../open.ts';
import type { Change, CommitUnit, EntryDraft, NewRow } from '../store.ts';
import type { TestDatabase } from './postgres.ts';

export const origin = 'kuzot.example/log';
export const signingKeyPem = signerToPem(generateSigner(origin));
export const verifier = signerFromPem(origin, signingKeyPem).verifier;

/** One database and the files beside it. */
export interface Place {
  engine: Engine;
  url: string;
  headFile: string;
  open(options?: Partial<StoreOptions>): Promise<MaintainedStore>;
  /** Runs SQL past the store, on a connection of its own. */
  sql<R = Record<string, unknown>>(text: string): Promise<R[]>;
  remove(): Promise<void>;
}

export interface Rig {
  /** @param how on PostgreSQL the schema is in place already, unless it is asked for empty */
  fresh(how?: 'new' | 'empty'): Promise<Place>;
  stop(): Promise<void>;
}

/** @param through a store of its own, or one that joined it and has it write */
export async function startRig(engine: Engine, through: 'own' | 'joined' = 'own'): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), `kuzot-${engine}-`));
  // Loaded only where it is used: processes that tests start take from this file, too.
  const databases = engine === 'postgres' ? await import('./postgres.ts') : null;
  let count = 0;
  const open = new Set<MaintainedStore>();
  const made: TestDatabase[] = [];
  return {
    async fresh(how = 'new') {
      const name = `log${process.pid}_${count++}`;
      const database = await databases?.testDatabase(how);
      if (database) made.push(database);
      const url = database?.url ?? `sqlite:${join(folder, `${name}.sqlite`)}`;
      const headFile = join(folder, `${name}.head`);
      return {
        engine,
        url,
        headFile,
        async open(options = {}) {
          const own = await openStore(url, {
            origin,
            signingKeyPem,
            headFile,
            create: true,
            clock: () => 1_770_000_000_000,
            ...options,
          });
          const store = through === 'own' ? own : await joinedTo(own, url, `${headFile}.sock`);
          open.add(store);
          return store;
        },
        sql: <R>(text: string) => (database ? postgresSql<R>(url, text) : sqliteSql<R>(url, text)),
        async remove() {
          for (const store of open) await store.close();
          open.clear();
        },
      };
    },
    async stop() {
      for (const database of made) await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a server that joined this one works with; it ends with it. */
async function joinedTo(own: MaintainedStore, url: string, socket: string): Promise<MaintainedStore> {
  const clock = () => 1_770_000_000_000;
  const alike = { origin, keys: 'test', clock };
  const hub = await openHub(own, alike);
  await hub.listen(socket, { changed: async () => {}, count: async () => null });
  const joined = await joinStore(url, { ...alike, socket });
  return {
    ...own,
    ...joined,
    async close() {
      await joined.close();
      await hub.close();
      await own.close();
    },
  };
}

async function sqliteSql<R>(url: string, text: string): Promise<R[]> {
  const db = new Database(url.slice('sqlite:'.length));
  try {
    db.pragma('busy_timeout = 5000');
    if (!/^\s*select/i.test(text)) {
      db.exec(text);
      return [];
    }
    return db.prepare(text).all() as R[];
  } finally {
    db.close();
  }
}

async function postgresSql<R>(url: string, text: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows as R[];
  } finally {
    await client.end();
  }
}

/** A leaf and event of the shape the gate makes; synthetic. */
export function draft(
  n: number,
  about: { voters?: string[]; caseId?: string; outcome?: string } = {},
): EntryDraft {
  const { voters = [], caseId, outcome = 'done' } = about;
  return {
    leaf: canonicalJson({
      v: 1,
      t: 1_770_000_000_000 + n,
      act: 'voter.view',
      outcome,
      actor: `officer-${n % 7}`,
      role: 'auditor',
      commission: '1001',
      session: 's1',
      request: `r${n}`,
      policy: 'p1',
      purpose: 'list-check',
      n: voters.length,
    }),
    event: JSON.stringify({
      subjects: voters.map((id) => ({ id, salt: '00' })),
      ...(caseId && { case: { id: caseId, salt: '00' } }),
      detail: { json: { address: '192.0.2.7' }, salt: '00' },
    }),
  };
}

export function reading(n: number): CommitUnit {
  return { changes: [], entries: [draft(n)] };
}

export function commission(code: string, parentPath = '/', version = 1): NewRow<'commission'> {
  return {
    code,
    level: 'PEC',
    parent: null,
    path: `${parentPath}${code}/`,
    nameKy: `№ ${code} участкалык шайлоо комиссиясы`,
    nameRu: `Участковая избирательная комиссия № ${code}`,
    nameEn: `Precinct commission ${code}`,
    address: '',
    version,
    mac: null,
  };
}

export function insertCommission(code: string): Change {
  return { op: 'insert', table: 'commission', row: commission(code) };
}
