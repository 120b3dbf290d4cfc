// What the last evening leaves on the desks: an application in every state a person may meet, so that each page of the
// console has something to show. Done by two officers of the home territory, after the planned days.
import type { MovingClock } from './browser.ts';
import type { DemoOfficer } from './country/officers.ts';
import type { Step } from './country/traffic-steps.ts';
import type { VoterRow } from './country/types.ts';
import type { Workday } from './work.ts';

const member = 'precinct-member-1';
const admin = 'territorial-admin-1';
const betweenMs = 45_000;

/** What each officer does to one application, in order. */
interface Leftover {
  kind: 'correction' | 'deceased';
  atPrecinct: string[];
  atTerritory: string[];
}

const untilEntered = ['check-identity', 'receive', 'enter'];
const leftovers: Leftover[] = [
  { kind: 'correction', atPrecinct: [], atTerritory: [] },
  { kind: 'correction', atPrecinct: ['check-identity'], atTerritory: [] },
  { kind: 'correction', atPrecinct: ['check-identity', 'receive'], atTerritory: [] },
  { kind: 'correction', atPrecinct: ['check-identity', 'receive', 'withdraw'], atTerritory: [] },
  { kind: 'correction', atPrecinct: ['check-identity', 'redirect'], atTerritory: [] },
  { kind: 'correction', atPrecinct: untilEntered, atTerritory: [] },
  { kind: 'correction', atPrecinct: untilEntered, atTerritory: ['start-review'] },
  { kind: 'correction', atPrecinct: untilEntered, atTerritory: ['start-review', 'ask'] },
  { kind: 'correction', atPrecinct: untilEntered, atTerritory: ['start-review', 'decide'] },
  { kind: 'correction', atPrecinct: untilEntered, atTerritory: ['start-review', 'refuse'] },
  {
    kind: 'correction',
    atPrecinct: untilEntered,
    atTerritory: ['start-review', 'decide', 'apply', 'reply', 'archive'],
  },
  // Waits for a second person of the territory.
  { kind: 'deceased', atPrecinct: untilEntered, atTerritory: ['start-review', 'decide'] },
];

/** Name of the step at the server and what it needs besides the version. */
const bodies: Record<string, { name?: string; body: object }> = {
  'check-identity': { body: { photoMatched: true, passport: { series: 'ID', number: '2000001' } } },
  withdraw: { body: { reason: 'Арыз ээси өз каалоосу менен кайтарып алды.' } },
  redirect: { body: { reason: 'Башка участокто жашайт.' } },
  ask: { body: { note: 'Жаңы даректи тастыктаган документтин көчүрмөсү керек.' } },
  decide: { body: { outcome: 'approved', reason: 'Документтер менен тастыкталды.' } },
  refuse: { name: 'decide', body: { outcome: 'refused', reason: 'Документ көрсөтүлгөн жок.' } },
  reply: { body: { method: 'paper', proof: 'чыгыш китеби' } },
  archive: { body: { shelf: '3-текче, 12-папка' } },
};

/**
 * @param officers the demo's, for the precinct of the one who takes in
 * @param busy `precinct/index` of voters the planned days were about
 * @returns what the server refused, in words
 */
export async function leaveUnfinished(
  day: Workday,
  clock: MovingClock,
  officers: readonly Pick<DemoOfficer, 'key' | 'commission'>[],
  lists: ReadonlyMap<string, readonly VoterRow[]>,
  busy: ReadonlySet<string>,
): Promise<string[]> {
  const precinct = officers.find(({ key }) => key === member)!.commission;
  const free = (lists.get(precinct) ?? [])
    .map((row, index) => ({ row, voter: { precinct, index } }))
    .filter(({ voter }) => !busy.has(`${precinct}/${voter.index}`))
    .slice(0, leftovers.length);
  const refused: string[] = [];
  const perform = async (work: () => ReturnType<Workday['perform']>, what: string) => {
    clock.advanceTo(clock.now() + betweenMs);
    const reply = await work();
    if (reply.status >= 400) refused.push(`${what} ${reply.status} ${String(reply.body.detail ?? '')}`);
  };
  const sit = async (officer: string, work: () => Promise<void>) => {
    const step = (kind: 'login' | 'logout') =>
      ({ at: 0, officer, kind, ...(kind === 'login' && { workstation: `ws-${officer}` }) }) as Step;
    await perform(() => day.perform(step('login')), `${officer} login`);
    await work();
    await perform(() => day.perform(step('logout')), `${officer} logout`);
  };
  const carryOut = async (officer: string, key: string, names: readonly string[]) => {
    for (const one of names) {
      const { name = one, body = {} } = bodies[one] ?? {};
      await perform(() => day.act(officer, key, name, body), `${key} ${one}`);
    }
  };

  await sit(member, async () => {
    for (const [n, { row, voter }] of free.entries()) {
      const { kind, atPrecinct } = leftovers[n]!;
      const key = `unfinished-${n}`;
      const change = kind === 'correction' ? [{ field: 'address', new: `${row.address}, 2-подъезд` }] : [];
      await perform(() => day.begin(member, key, kind, voter, change), `${key} begin`);
      await carryOut(member, key, atPrecinct);
    }
  });
  await sit(admin, async () => {
    for (const n of free.keys()) await carryOut(admin, `unfinished-${n}`, leftovers[n]!.atTerritory);
  });
  return refused;
}
