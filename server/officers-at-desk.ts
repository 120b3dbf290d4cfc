// The list of accounts for a command beside this server: by an officer who signs in for it, page by page through the same use
// case, policies and entries as in the console. Other acts on accounts stay with the console, or with the command alone.
import type { Reader } from '#db/store.ts';
import { whileSignedIn } from './access/terminal.ts';
import type { Listed, OfficersAsked } from './backups/desk.ts';
import type { OfficerQuery } from './contract/officers.ts';
import { wordsOf } from './gate/outcome.ts';
import type { Rooms } from './rooms.ts';

const pageSize = 200;
type Items = Extract<Listed, { kind: 'listed' }>['items'];

export async function listOfficers(
  { access, officers }: Pick<Rooms, 'access' | 'officers'>,
  reader: Reader,
  clock: () => number,
  { login, password, code, query }: OfficersAsked,
): Promise<Listed> {
  const shown = { login, password, code };
  const outcome = await whileSignedIn<Items>({ room: access.room, reader, clock }, shown, async (context) => {
    const items: Items = [];
    let entry = -1;
    for (let asked: OfficerQuery | null = { ...query, limit: pageSize }; asked !== null; ) {
      const page = await officers.listOfficers(await context(), asked);
      if (page.kind !== 'done') return page;
      for (const { login: name, role, commission, state, name: full } of page.value.items)
        items.push({ login: name, role, commission, state, name: full });
      entry = page.entry;
      asked = page.value.next === null ? null : { ...query, limit: pageSize, after: page.value.next };
    }
    return { kind: 'done', value: items, entry };
  });
  return outcome.kind === 'done'
    ? { kind: 'listed', items: outcome.value }
    : { kind: 'refused', says: wordsOf(outcome) };
}
