// A list of synthetic voters, each with an application that keeps what is sealed, made through the gate.
import type { Change } from '#db/store.ts';
import { documentNumber } from '#server/lib/document-number.ts';
import type { Installation } from '../commands/installation.ts';
import { done } from '../commands/sign-in.ts';

const atOnce = 500;
export const idOf = (n: number) => `a-${String(n).padStart(6, '0')}`;

/** Three sealed values and an index for each voter; one in a hundred has a document of some kilobytes as well. */
export async function addVoters({ rooms, keys, asSystem }: Installation, voters: number): Promise<void> {
  const seal = (table: string, column: string, id: string, value: object | Buffer) =>
    keys.seal.seal(
      { table, column, id },
      Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value)),
    );
  const commit = async (changes: Change[]) =>
    done(
      await rooms.gate.change(asSystem('init'), 'system.init', {
        locate: async () => ({ record: null, unit: null }),
        decide: () => ({ kind: 'change', changes, value: null, about: {} }),
      }),
    );
  await commit([
    {
      op: 'insert',
      table: 'commission',
      row: {
        ...{ code: '1001', level: 'PEC', parent: null, path: '/1001/', address: '', version: 1 },
        ...{ nameKy: '1001', nameRu: '1001', nameEn: '1001' },
      },
    },
  ]);
  for (let from = 0; from < voters; from += atOnce) {
    const changes: Change[] = [];
    for (let n = from; n < Math.min(from + atOnce, voters); n++) {
      const id = idOf(n);
      const pin = `10101199${String(n).padStart(6, '0')}`;
      const name = `Өмүралиева${n}`;
      changes.push({
        op: 'insert',
        table: 'voter',
        row: {
          ...{ id: `v-${id}`, pin, scheme: 'kg-pin', surname: name, givenName: 'Асел', patronymic: '' },
          ...{ birthDate: '1990-01-01', sex: 'F', address: '', precinct: '1001', fold: name.toLowerCase() },
          ...{ flags: '', status: 'listed', version: 1, changedAt: 1 },
        },
      });
      const passport = { series: 'ID', number: String(n).padStart(7, '0') };
      changes.push({
        op: 'insert',
        table: 'application',
        row: {
          ...{ id, number: id, kind: 'disability', channel: 'precinct', election: 'e', precinct: '1001' },
          ...{ territory: 'T1', state: 'received', voter: `v-${id}`, legalBasis: '', takenBy: 'system:init' },
          ...{ createdAt: n, photoMatched: 1, version: 1 },
          applicant: seal('application', 'applicant', id, { surname: name, givenName: 'Асел' }),
          passport: seal('application', 'passport', id, passport),
          passportIndex: keys.index.of(
            { table: 'application', column: 'passport_index' },
            documentNumber(passport),
          ),
          change: seal('application', 'change', id, [{ field: 'category', old: '', new: 'II' }]),
        },
      });
      if (n % 100 === 0)
        changes.push({
          op: 'insert',
          table: 'attachment',
          row: {
            ...{ id: `d-${id}`, application: id, sha256: '0'.repeat(64), mediaType: 'application/pdf' },
            ...{ size: 8_192, shelf: null, addedAt: n, addedBy: 'system:init' },
            content: seal('attachment', 'content', `d-${id}`, Buffer.alloc(8_192, n)),
          },
        });
    }
    await commit(changes);
  }
}
