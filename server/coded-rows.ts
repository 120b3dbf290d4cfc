// The codes of all rows at once (lib/row-macs.ts): rows of a database from before there were any are given theirs, once, as they
// stand; and those that do not bear theirs are named.
// Threat: somebody takes every code away and writes what they like. From its first start with codes on a file beside the keys,
// and the log, say that rows bear them, and nothing is taken over any more.
import { existsSync, writeFileSync } from 'node:fs';
import type { Change, Reader, Store } from '#db/store.ts';
import { systemContext } from './gate/context.ts';
import type { Gate } from './gate/gate.ts';
import { opened } from './gate/in-log.ts';
import type { RowMacs } from './lib/row-macs.ts';

interface Place {
  gate: Gate;
  store: Store;
  macs: RowMacs;
  /** Outside the database: there once rows bore codes. */
  codedFile: string;
}

/**
 * To be called before anybody is let in. Sessions are left without: they end.
 * @returns how many rows were given codes, 0 where they bear them; `lost` where none does although they had borne them
 */
export async function codeRows(place: Place, now: number): Promise<number | 'lost'> {
  const { system, audit } = place.store.reader;
  if (!(await system.anyCoded())) {
    if (existsSync(place.codedFile) || (await saysCoded(audit))) return 'lost';
    return giveCodes(place, now);
  }
  noteCoded(place.codedFile);
  return 0;
}

function noteCoded(file: string): void {
  if (!existsSync(file)) writeFileSync(file, 'rows bear codes\n', { mode: 0o600 });
}

async function giveCodes({ gate, store, macs, codedFile }: Place, now: number): Promise<number> {
  const { officers, versions, passkeys, commissions } = await store.reader.system.codedRows();
  const changes: Change[] = [
    ...officers.map((row): Change => {
      const [dutyMac, credentialsMac] = [
        macs.of('officer', 'dutyMac', row),
        macs.of('officer', 'credentialsMac', row),
      ];
      return { op: 'update', table: 'officer', key: { id: row.id }, set: { dutyMac, credentialsMac } };
    }),
    ...versions.map((row): Change => {
      const { officer, version } = row;
      const mac = macs.of('officerVersion', 'mac', row);
      return { op: 'update', table: 'officerVersion', key: { officer, version }, set: { mac } };
    }),
    ...passkeys.map((row): Change => {
      const mac = macs.of('passkey', 'mac', row);
      return { op: 'update', table: 'passkey', key: { id: row.id }, set: { mac } };
    }),
    ...commissions.map((row): Change => {
      const mac = macs.of('commission', 'mac', row);
      return { op: 'update', table: 'commission', key: { code: row.code }, set: { mac } };
    }),
  ];
  if (changes.length === 0) return 0;
  const outcome = await gate.change(systemContext('codes', now, crypto.randomUUID()), 'system.start', {
    locate: async () => ({ record: null, unit: null }),
    decide: () => ({
      kind: 'change',
      changes,
      value: null,
      about: { detail: { rows: changes.length, rowCodes: true } },
    }),
  });
  if (outcome.kind !== 'done') throw new Error(`codes of rows were not recorded: ${outcome.kind}`);
  noteCoded(codedFile);
  return changes.length;
}

/** Whether the log says that rows bear codes. A start that no longer opens may have said it. */
async function saysCoded(audit: Reader['audit']): Promise<boolean> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const start = await audit.newestBefore(['system.start', 'system.start'], before);
    if (start === null) return false;
    const said = opened(start);
    if (said === null || said.detail.rowCodes === true) return true;
    before = start.seq;
  }
}

const namedAtMost = 5;

/** What is wrong with accounts, passkeys and the tree of commissions, for an operator; null where the server wrote them all. */
export async function rowsFault({ system, audit }: Reader, macs: RowMacs): Promise<string | null> {
  if (!(await saysCoded(audit))) return null;
  const { officers, versions, passkeys, commissions } = await system.codedRows();
  const logins = new Map(officers.map(({ id, login }) => [id, login]));
  const wrong = [
    ...officers
      .filter(
        (row) => !macs.holds('officer', 'dutyMac', row) || !macs.holds('officer', 'credentialsMac', row),
      )
      .map(({ login }) => `the account ${login}`),
    ...versions
      .filter((row) => !macs.holds('officerVersion', 'mac', row))
      .map(({ officer, version }) => `version ${version} of the account ${logins.get(officer) ?? officer}`),
    ...passkeys
      .filter((row) => !macs.holds('passkey', 'mac', row))
      .map(({ officer }) => `a passkey of ${logins.get(officer) ?? 'nobody'}`),
    ...commissions
      .filter((row) => !macs.holds('commission', 'mac', row))
      .map(({ code }) => `the commission ${code}`),
  ];
  if (wrong.length === 0) return null;
  const more = wrong.length > namedAtMost ? `, and ${wrong.length - namedAtMost} more` : '';
  return (
    `${wrong.slice(0, namedAtMost).join(', ')}${more}: not as the server wrote it. It opens nothing, but somebody wrote past the ` +
    'server. Keep this database as evidence, put the rows back from a backup, and tell the security officer'
  );
}
