// One PostgreSQL for every test of a run: started when the first database is asked for, stopped and removed at the end. Loaded
// by the test runner itself; tests, which run in processes of their own, ask it over loopback (postgres.ts).
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../postgres/embedded.ts';
import { migrate } from '../postgres/migrate.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where databases are asked for. */
    postgresDesk: string;
  }
}

const migrated = 'migrated';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let server: ReturnType<typeof start> | null = null;
  let made = 0;

  async function start() {
    // Every folder above must be passable for the user PostgreSQL runs as.
    const folder = join(tmpdir(), `kuzot-postgres-${process.pid}`);
    const server = await startEmbeddedPostgres({ dataDir: folder, persistent: false });
    const owner = new pg.Client({ connectionString: await server.database(migrated) });
    await owner.connect();
    await migrate(owner, Date.now());
    await owner.end();
    const address = await server.database('postgres');
    const admin = new pg.Client({ connectionString: address });
    await admin.connect();
    // It does nothing of its own accord: what a test finds in its files, and when, is the test's own work.
    await admin.query('alter system set autovacuum = off');
    await admin.query('select pg_reload_conf()');
    return { server, admin, addressOf: (name: string) => address.replace(/postgres$/, name) };
  }
  async function make(from: string): Promise<string> {
    server ??= start();
    const { admin, addressOf } = await server;
    const name = `test_${made++}`;
    // Its files are copied as they are; to write each page into the log as well takes three times as long.
    await admin.query(`create database ${name} template ${admin.escapeIdentifier(from)} strategy file_copy`);
    return addressOf(name);
  }

  // Whoever else works on this machine is not let in.
  const secret = `/${randomBytes(16).toString('hex')}/`;
  // "new", "empty", or the name of a database to copy; with DELETE the name of one to drop.
  const desk = createServer((request, reply) => {
    if (!request.url?.startsWith(secret)) return void reply.writeHead(404).end();
    const wanted = request.url.slice(secret.length);
    const drop = async () => {
      const { admin } = await server!;
      await admin.query(`drop database if exists ${admin.escapeIdentifier(wanted)} with (force)`);
      return '';
    };
    const from = { new: migrated, empty: 'template0' }[wanted] ?? wanted;
    (request.method === 'DELETE' ? drop() : make(from)).then(
      (url) => reply.end(url),
      (fault: unknown) => reply.writeHead(500).end(String(fault)),
    );
  });
  await new Promise<void>((listening) => desk.listen(0, '127.0.0.1', listening));
  project.provide('postgresDesk', `http://127.0.0.1:${(desk.address() as AddressInfo).port}${secret}`);
  return async () => {
    desk.closeAllConnections();
    desk.close();
    if (server === null) return;
    const { server: running, admin } = await server;
    await admin.end();
    await running.stop();
  };
}
