// Years of a country's audit trail, written straight into the tables: what a reader of the explorer reads (entry, event, trail
// and its projections, officers, sessions, units), without the tree and its proofs, which the explorer's first page never
// touches. Rows are of real shape and size; who, where and when follow a country's: 54 territories, rare acts, busy
// days, a clock that stepped back, one voter many looked at.

import { trailColumns } from '#server/lib/log/trail-entry.ts';

const entriesADay = 60_000;
const startMs = Date.UTC(2025, 0, 6, 2);
export const territories = 54;
const precincts = 46;
const officersOfPrecinct = 3;
const entriesOfSession = 60;
const voters = 1_000_000;

const act = [
  'voter.view',
  'voter.search',
  'session.login',
  'session.totp',
  'application.view',
  'application.create',
];
const weights = [36, 26, 9, 9, 12, 7];
const scarce = ['list.print', 'voter.reveal', 'audit.view', 'alert.view', 'officer.view', 'approval.approve'];

export interface TrailTables {
  commission: unknown[][];
  officer: unknown[][];
  officer_version: unknown[][];
  session: unknown[][];
  entry: unknown[][];
  event: unknown[][];
  trail: unknown[][];
  trail_voter: unknown[][];
}

export const columns: Record<keyof TrailTables, readonly string[]> = {
  commission: ['code', 'level', 'parent', 'path', 'name_ky', 'name_ru', 'name_en', 'address', 'version'],
  officer: [
    'id',
    'login',
    'surname',
    'given_name',
    'patronymic',
    'role',
    'commission',
    'state',
    'created_by',
    'password_temporary',
    'totp_step',
    'clearance_order',
    'clearance_level',
    'clearance_until',
    'version',
  ],
  officer_version: [
    'officer',
    'version',
    'valid_from',
    'login',
    'surname',
    'given_name',
    'patronymic',
    'role',
    'commission',
    'state',
  ],
  session: [
    'id',
    'officer',
    'rotation',
    'stage',
    'started_at',
    'seen_at',
    'ends_at',
    'network',
    'workstation',
  ],
  entry: ['seq', 'leaf', 'leaf_hash'],
  event: ['seq', 'json'],
  trail: trailColumns,
  trail_voter: ['voter', 'seq'],
};

/** Whole numbers from 0 below `sides`, the same on every run. */
export function dice(seed: number): (sides: number) => number {
  let state = seed >>> 0;
  return (sides) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % sides;
  };
}

const two = (n: number) => String(n).padStart(2, '0');
export const territory = (n: number) => `T${two(n)}`;
export const precinct = (t: number, p: number) => String(1000 + t * 100 + p);
const hex64 = 'c0ffee'.padEnd(64, '5a');

const officerId = (t: number, p: number, o: number) => `officer-${t}-${p}-${o}-0000-000000000000`;
export const voterId = (n: number) => `voter-${String(n).padStart(8, '0')}-0000-0000-000000000000`;

export function* people(): Generator<Pick<TrailTables, 'commission' | 'officer' | 'officer_version'>> {
  const unit = (code: string, level: string, parent: string | null, path: string) => [
    code,
    level,
    parent,
    path,
    code,
    code,
    code,
    '',
    1,
  ];
  yield { commission: [unit('CEC', 'CEC', null, '/CEC/')], officer: [], officer_version: [] };
  for (let t = 0; t < territories; t++) {
    const made = {
      commission: [] as unknown[][],
      officer: [] as unknown[][],
      officer_version: [] as unknown[][],
    };
    const path = `/CEC/${territory(t)}/`;
    made.commission.push(unit(territory(t), 'TEC', 'CEC', path));
    for (let p = 0; p < precincts; p++) {
      const code = precinct(t, p);
      made.commission.push(unit(code, 'PEC', territory(t), `${path}${code}/`));
      for (let o = 0; o < officersOfPrecinct; o++) {
        const id = officerId(t, p, o);
        const name = ['Өмүралиева', 'Гүлзат', 'Жаңыбековна'];
        made.officer.push([
          id,
          `o${t}.${p}.${o}`,
          ...name,
          'precinct-member',
          code,
          'active',
          'system',
          0,
          0,
          '17-к',
          'personal',
          '2027-12-31',
          2,
        ]);
        for (const version of [1, 2])
          made.officer_version.push([
            id,
            version,
            startMs + version,
            `o${t}.${p}.${o}`,
            ...name,
            'precinct-member',
            code,
            'active',
          ]);
      }
    }
    yield made;
  }
}

/** Entries from one seq to another, in order. */
export function longTrail(
  from: number,
  until: number,
): Omit<TrailTables, 'commission' | 'officer' | 'officer_version'> {
  const rows = {
    session: [] as unknown[][],
    entry: [] as unknown[][],
    event: [] as unknown[][],
    trail: [] as unknown[][],
    trail_voter: [] as unknown[][],
  };
  for (let seq = from; seq < until; seq++) {
    const roll = dice(seq * 2_246_822_519 + 1);
    roll(7);
    // Sessions overlap: forty at a time, each of sixty entries.
    const block = Math.floor(seq / (40 * entriesOfSession));
    const n = block * 40 + (seq % 40);
    const of = dice(n * 2_654_435_761 + 1);
    of(7);
    const t = of(territories);
    const p = of(precincts);
    const actor = officerId(t, p, of(officersOfPrecinct));
    const commission = precinct(t, p);
    const session = `session-${n}-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`;
    const day = Math.floor(seq / entriesADay);
    const at =
      startMs +
      day * 86_400_000 +
      Math.floor((seq % entriesADay) * 580) -
      roll(400) -
      (seq % 999_983 === 5 ? 7_200_000 : 0);
    if (seq % (40 * entriesOfSession) < 40)
      rows.session.push([
        session,
        actor,
        'r',
        'open',
        at,
        at + 900_000,
        at + 28_800_000,
        `10.${t}.${p}.0`,
        '',
      ]);
    let what = scarce[roll(scarce.length)]!;
    for (let i = 0, left = roll(100); i < act.length; i++) {
      left -= weights[i]!;
      if (left < 0) {
        what = act[i]!;
        break;
      }
    }
    // Only ever in the first weeks.
    if (seq < 400_000 && seq % 20_000 === 77) what = 'calendar.set';
    if (seq < 400_000 && seq % 97 === 3) what = 'list.import';
    const luck = roll(1000);
    const outcome = luck < 15 ? 'denied' : luck < 16 ? 'conflict' : 'done';
    const address = roll(20) === 0 ? '10.254.0.1' : `10.${t}.${p}.${of(4)}`;
    const caseId = what.startsWith('application.')
      ? `application-${Math.floor(seq / 30)}-000000000000`
      : null;
    const touched = what === 'list.print' ? 20 : what.startsWith('voter.') || caseId !== null ? 1 : 0;
    const subjects: string[] = [];
    for (let i = 0; i < touched; i++) subjects.push(voterId(roll(500) === 0 ? 0 : roll(voters)));
    const ids = [...new Set(subjects)];
    const leaf = `{"act":"${what}","actor":"${actor}","commission":"${commission}","detail":"${hex64}","n":${ids.length},"node":"bench","outcome":"${outcome}","policy":"precinct-finds","purpose":"list-check","request":"request-${seq}","role":"precinct-member","session":"${session}","subjects":"${hex64}","t":${at},"v":1}`;
    rows.entry.push([seq, Buffer.from(leaf), Buffer.alloc(32, seq & 255)]);
    rows.event.push([
      seq,
      `{"detail":{"json":{"address":"${address}","precinct":"${commission}","workstation":"${hex64}"},"salt":"${hex64}"}${caseId === null ? '' : `,"case":{"id":"${caseId}","salt":"${hex64}"}`}${ids.length === 0 ? '' : `,"subjects":[${ids.map((id) => `{"id":"${id}","salt":"${hex64}"}`).join()}]`}}`,
    ]);
    rows.trail.push([
      seq,
      at,
      what,
      outcome,
      actor,
      'precinct-member',
      commission,
      session,
      'list-check',
      caseId,
      address,
      'precinct-finds',
      ids.length,
    ]);
    for (const id of ids) rows.trail_voter.push([id, seq]);
  }
  return rows;
}
