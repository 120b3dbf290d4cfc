// Queries about the installation itself: what the database is, and whether anybody can log in.
import { type AnyColumn, asc, count, eq, getTableColumns, gt, inArray, isNotNull, sql } from '#db/drizzle.ts';
import type { Db } from '../connection.ts';
import { indexedColumns, type SealedRow, type SealedTable, sealedColumns } from '../schema/sealed.ts';
import type { Tables } from '../schema/tables.ts';

export function systemQueries(db: Db, tables: Tables) {
  const { meta, officer, officerVersion, passkey, commission } = tables;
  const byKey = db.prepared(
    'system.meta',
    db
      .select()
      .from(meta)
      .where(eq(meta.key, sql.placeholder('key'))),
  );
  return {
    /** A fact about this database (`demo`, `origin` …), or null. */
    async meta(key: string): Promise<string | null> {
      return (await byKey({ key }))[0]?.value ?? null;
    },
    /** Officers issued or active: none means the system was never set up. */
    async officers(): Promise<number> {
      const rows = await db
        .select({ n: count() })
        .from(officer)
        .where(inArray(officer.state, ['issued', 'active']));
      return Number(rows[0]!.n);
    },
    /** Whether any account bears the code of its duty. */
    async anyCoded(): Promise<boolean> {
      const rows = await db
        .select({ id: officer.id })
        .from(officer)
        .where(isNotNull(officer.dutyMac))
        .limit(1);
      return rows.length > 0;
    },
    /** Everything that bears codes for longer than a session lasts. */
    async codedRows() {
      const [officers, versions, passkeys, commissions] = await Promise.all([
        db.select().from(officer),
        db.select().from(officerVersion),
        db.select().from(passkey),
        db.select().from(commission),
      ]);
      return { officers, versions, passkeys, commissions };
    },
    /** Tables with sealed columns, and how many rows each has. */
    async sealedTables(): Promise<{ table: SealedTable; rows: number }[]> {
      const names = Object.keys(sealedColumns) as SealedTable[];
      return Promise.all(
        names.map(async (table) => {
          const [counted] = await db.select({ n: count() }).from(tables[table]);
          return { table, rows: Number(counted!.n) };
        }),
      );
    },
    /** Rows in the order of their ids, after one of them ('' for the first), with what is sealed in each. */
    async sealedRows(table: SealedTable, after: string, limit: number): Promise<SealedRow[]> {
      const source = tables[table];
      const columns = getTableColumns(source) as Record<string, AnyColumn>;
      const properties: readonly string[] = sealedColumns[table];
      const indexed: readonly { property: string; of: string }[] =
        table in indexedColumns ? indexedColumns[table as keyof typeof indexedColumns] : [];
      const wanted = [...properties, ...indexed.map(({ property }) => property)];
      const rows: Record<string, unknown>[] = await db
        .select({ id: source.id, ...Object.fromEntries(wanted.map((one) => [one, columns[one]!])) })
        .from(source)
        .where(gt(source.id, after))
        .orderBy(asc(source.id))
        .limit(limit);
      return rows.map((row) => ({
        id: row.id as string, // the column is text
        values: properties.flatMap((property) => {
          const bytes = row[property];
          return bytes instanceof Uint8Array ? [{ property, column: columns[property]!.name, bytes }] : [];
        }),
        indexes: indexed
          .filter(({ of }) => row[of] instanceof Uint8Array)
          .map(({ property, of }) => ({
            property,
            column: columns[property]!.name,
            of: columns[of]!.name,
            stored: row[property] as string | null, // the column is text
          })),
      }));
    },
  };
}
