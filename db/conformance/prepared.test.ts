// The rows our runner gives are drizzle's own, shape for shape; what it cannot map it leaves to drizzle.
import Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { and, asc, eq, gt, sql } from '#db/drizzle.ts';
import { type Prepared, runner } from '../sqlite/prepared.ts';

const town = sqliteTable('town', { code: text('code').primaryKey(), name: text('name') });
const person = sqliteTable('person', {
  id: text('id').primaryKey(),
  town: text('town'),
  born: integer('born'),
  born_on: integer('born_on', { mode: 'timestamp_ms' }),
  seal: blob('seal', { mode: 'buffer' }),
});

let connection: Database.Database;
beforeEach(() => {
  connection = new Database(':memory:');
  connection.exec(`create table town (code text primary key, name text);
    create table person (id text primary key, town text, born integer, born_on integer, seal blob);
    insert into town values ('1001', 'Өзгөн'), ('1002', null);
    insert into person values ('a', '1001', 1970, 86400000, x'00ff'), ('b', '9999', null, null, null), ('c', '1002', 0, 0, x'')`);
});
afterEach(() => connection.close());

const p = sql.placeholder;

test('every shape of select comes out as drizzle maps it', () => {
  const db = drizzle(connection);
  const queries = [
    [db.select().from(person).orderBy(asc(person.id)), {}],
    [db.select({ person, town }).from(person).innerJoin(town, eq(town.code, person.town)), {}],
    [db.select({ person, town }).from(person).leftJoin(town, eq(town.code, person.town)), {}],
    [
      db.select({ id: person.id, name: town.name }).from(person).leftJoin(town, eq(town.code, person.town)),
      {},
    ],
    [
      db
        .select({ person, name: sql<string | null>`(select t.name from town t where t.code = person.town)` })
        .from(person)
        .where(and(gt(person.born, p('after')), eq(person.town, p('town')))),
      { town: '1001', after: 1900, more: 1 },
    ],
    [
      db
        .select({ n: sql<number>`count(*)`.mapWith(Number), s: sql`max(born)`.mapWith(String).as('s') })
        .from(person),
      {},
    ],
    [
      db
        .select()
        .from(person)
        .where(eq(person.born_on, new Date(0))),
      {},
    ],
    [db.select({ id: person.id }).from(person).where(eq(person.id, 'nobody')), {}],
    [db.select({ id: person.id }).from(person).orderBy(asc(person.id)).limit(p('limit')), { limit: 2 }],
  ] as const;
  for (const [query, values] of queries) {
    const prepared = query.prepare();
    const run = runner(connection, prepared as unknown as Prepared);
    expect(run(values)).toEqual(prepared.all(values));
  }
});

test('a value left out is named', () => {
  const query = drizzle(connection)
    .select()
    .from(person)
    .where(eq(person.id, p('id')));
  const run = runner(connection, query.prepare() as unknown as Prepared);
  expect(() => run({})).toThrow('no value for id');
});
