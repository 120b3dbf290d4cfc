// The days of work before the demo is opened: a server with a clock of its own on a free port of loopback, the planned
// acts in order, and an election some two months ahead, so that nothing is frozen. Alerts come from the detection engine.

import { proposals, proposedDay } from '#server/calendar/rules.ts';
import type { Config } from '#server/config.ts';
import { addCalendarDays, bishkekDay, startOfBishkekDay } from '#server/lib/dates.ts';
import { startServer } from '#server/main.ts';
import { showProgress } from '../commands/progress.ts';
import type { DemoAccount } from './accounts.ts';
import { type MovingClock, openBrowser, type Site } from './browser.ts';
import { trafficFacts, trafficPlan } from './country/traffic.ts';
import type { VoterRow } from './country/types.ts';
import { units } from './country/units.ts';
import { voters } from './country/voters.ts';
import { overseeEmergency } from './oversight.ts';
import { leaveUnfinished } from './unfinished.ts';
import { openWorkday } from './work.ts';

const daysToElection = 60;
const workDays = 3;
const hourMs = 3_600_000;
const origin = 'http://localhost:8080';

/** Works the days before today. Returns how many acts were done, and those refused by kind. */
export async function workDaysBefore(
  config: Config,
  seed: string,
  count: number,
  accounts: readonly DemoAccount[],
): Promise<{ acts: number; refused: Map<string, number> }> {
  const today = bishkekDay(Date.now());
  const firstDay = startOfBishkekDay(addCalendarDays(today, -workDays));
  const clock = movingClock(firstDay + 8 * hourMs);
  // Behind a proxy that tells the network an officer sits in, as an installation of several places is.
  const running = await startServer(
    { ...config, port: 0, host: '127.0.0.1', origin, behindTlsProxy: true },
    clock.now,
  );
  const refused = new Map<string, number>();
  try {
    const site: Site = { address: running.address, origin, clock };
    const commissions = units(seed, { voters: count });
    await setElection(site, accounts, addCalendarDays(today, daysToElection));
    const lists = new Map<string, VoterRow[]>();
    for (const row of voters(seed, commissions, count)) {
      const list = lists.get(row.precinct);
      if (list) list.push(row);
      else lists.set(row.precinct, [row]);
    }
    const people = new Map(accounts.map((account) => [account.key, account]));
    const day = openWorkday({ site, reader: running.store.reader, people, lists });
    const facts = trafficFacts(seed, commissions, count);
    const plan = trafficPlan(seed, facts);
    const progress = showProgress('working days');
    const { detection } = running.rooms;
    let beatAt = clock.now();
    const passTo = async (ms: number) => {
      for (; beatAt + hourMs <= ms; beatAt += hourMs) {
        clock.advanceTo(beatAt + hourMs);
        await detection.beat();
      }
      clock.advanceTo(ms);
    };
    for (const [done, step] of plan.entries()) {
      await passTo(firstDay + step.at);
      const reply = await day.perform(step);
      if (reply.status >= 400 && step.kind !== 'login-failure') {
        const what = `${step.kind} ${reply.status} ${String(reply.body.type ?? '')
          .split('/')
          .at(-1)}`;
        refused.set(what, (refused.get(what) ?? 0) + 1);
      }
      // An alert carries the time at which it was raised: the engine keeps pace with this clock.
      await detection.drain();
      progress.update(done + 1, plan.length);
    }
    progress.stop();
    const busy = new Set(
      plan.map((step) => ('voter' in step ? `${step.voter.precinct}/${step.voter.index}` : '')),
    );
    for (const what of await leaveUnfinished(day, clock, facts.officers, lists, busy)) refused.set(what, 1);
    const [home] = lists.get(facts.officers.find(({ key }) => key === 'precinct-member-1')!.commission) ?? [];
    for (const what of home ? await overseeEmergency(day.browserOf, clock, home) : []) refused.set(what, 1);
    await passTo(Date.now());
    await detection.drain();
    await running.store.settled();
    return { acts: plan.length, refused };
  } finally {
    await running.close();
  }
}

/** Every date of the calendar as the formulas propose it, set by the central administrator under an act. */
async function setElection(site: Site, accounts: readonly DemoAccount[], votingDay: string): Promise<void> {
  const admin = accounts.find(({ role }) => role === 'central-admin')!;
  const browser = openBrowser(site, admin, { name: 'ws-calendar', network: '10.20.0.7' }, new Map());
  await browser.logIn();
  const reply = await browser.send('POST', '/api/calendar', {
    election: {
      nameKy: 'Жергиликтүү кеңештердин депутаттарын шайлоо',
      nameRu: 'Выборы депутатов местных кенешей',
      nameEn: 'Elections of deputies of local keneshes',
      votingDay,
    },
    dates: Object.keys(proposals).map((event) => ({
      event,
      onDay: proposedDay(votingDay, event),
      act: 'БШКнын токтому № 41',
    })),
  });
  if (reply.status !== 200) throw new Error(`the calendar was refused: ${JSON.stringify(reply.body)}`);
  await browser.send('DELETE', '/api/session');
}

/** Time stands still between the acts and never goes back. */
function movingClock(from: number): MovingClock {
  let now = from;
  return {
    now: () => now,
    advanceTo(ms) {
      now = Math.max(now, ms);
    },
  };
}
