// Gives the rows of a database from before there were codes (lib/row-macs.ts) theirs, once, as they stand.
// Threat: somebody takes every code away and writes what they like. From its first start with codes on the log says that rows
// bear them, and nothing is taken over any more.
import type { Change, Store } from '#db/store.ts';
import { systemContext } from './gate/context.ts';
import type { Gate } from './gate/gate.ts';
import { opened } from './gate/in-log.ts';
import type { RowMacs } from './lib/row-macs.ts';

/**
 * To be called before anybody is let in. Sessions are left without: they end.
 * @returns how many rows were given codes; 0 where they bear them, or had borne them
 */
export async function codeRows(
  { gate, store, macs }: { gate: Gate; store: Store; macs: RowMacs },
  now: number,
): Promise<number> {
  const { system, audit } = store.reader;
  if (await system.anyCoded()) return 0;
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const start = await audit.newestBefore(['system.start', 'system.start'], before);
    if (start === null) break;
    // One that no longer opens may have said it.
    const said = opened(start);
    if (said === null || said.detail.rowCodes === true) return 0;
    before = start.seq;
  }
  const { officers, passkeys, commissions } = await system.uncoded();
  const changes: Change[] = [
    ...officers.map((row): Change => {
      const [dutyMac, credentialsMac] = [
        macs.of('officer', 'dutyMac', row),
        macs.of('officer', 'credentialsMac', row),
      ];
      return { op: 'update', table: 'officer', key: { id: row.id }, set: { dutyMac, credentialsMac } };
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
  return changes.length;
}
