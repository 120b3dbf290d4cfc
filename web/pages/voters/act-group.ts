/** Acts that can touch a record, in as many kinds as an answer to the person tells apart (`voters.act.…`). Pure. */
const groups: Readonly<Record<string, string>> = {
  'voter.view': 'view',
  'voter.search': 'search',
  'voter.reveal': 'reveal',
  'voter.locate': 'locate',
  'voter.lookup': 'locate',
  'voter.versions': 'versions',
  'voter.accesses': 'accesses',
  'voter.answer': 'answer',
  'voter.restore-request': 'change',
  'voter.restore': 'change',
  'voter.destroy-request': 'destroy',
  'voter.destroy': 'destroy',
  'application.apply': 'change',
};
/** Every other act by the room it was done in. */
const rooms: Readonly<Record<string, string>> = {
  application: 'application',
  alert: 'alert',
  audit: 'audit',
  list: 'list',
  download: 'list',
};

export const actGroup = (act: string): string => groups[act] ?? rooms[act.split('.')[0] ?? ''] ?? 'other';
