// What the attacks share: an application taken through its steps by given hands, a list approved for fetching, and a store
// whose log can be made to fail or to wait. The console itself is the real one (console-rig.ts).
import { randomBytes } from 'node:crypto';
import type { LightMyRequestResponse } from 'fastify';
import type { MaintainedStore } from '#db/open.ts';
import { openStore } from '#db/open.ts';
import { type CommitResult, type CommitUnit, LogUnavailable } from '#db/store.ts';
import { type ConsoleRig, type Officer, openConsole, type RigOptions } from '../console-rig.ts';

export const applicant = { surname: 'Төлөгөнова', givenName: 'Жаңыл' };
export const passport = { photoMatched: true, passport: { series: 'ID', number: '1234567' } };

export interface Standing {
  id: string;
  version: number;
  state: string;
}

export function takeStep(by: Officer, { id, version }: Standing, name: string, body: object = {}) {
  return by.post(`/api/applications/${id}/actions/${name}`, { expectedVersion: version, ...body });
}

/** Throws unless the step is taken. */
export async function step(by: Officer, at: Standing, name: string, body: object = {}): Promise<Standing> {
  return done(await takeStep(by, at, name, body));
}

export function done<T = Standing>(reply: LightMyRequestResponse): T {
  if (reply.statusCode >= 300) throw new Error(`${reply.statusCode} ${reply.body}`);
  return reply.json() as T;
}

export async function begin(by: Officer, voter: string | null, body: object = {}): Promise<Standing> {
  const made = await by.post('/api/applications', {
    kind: 'correction',
    ...(voter && { voter }),
    applicant,
    change: [{ field: 'address', new: 'Чүй проспектиси, 1' }],
    ...body,
  });
  return done(made);
}

/** From draft to the territory's desk. */
export async function takeIn(by: Officer, voter: string | null, body: object = {}): Promise<Standing> {
  let at = await begin(by, voter, body);
  at = await step(by, at, 'check-identity', passport);
  at = await step(by, at, 'receive');
  return step(by, at, 'enter');
}

/** Reviewed and approved by `by`; weighty changes then wait for a second person. */
export async function approveIt(by: Officer, at: Standing, body: object = {}): Promise<Standing> {
  const reviewed = await step(by, at, 'start-review');
  return step(by, reviewed, 'decide', { outcome: 'approved', reason: 'далилдер дал келет', ...body });
}

/** A list asked for and approved by two others; returns the approval's id. */
export async function approvedList(
  kind: 'prints' | 'exports',
  asker: Officer,
  approvers: readonly [Officer, Officer],
  precinct = '1001',
): Promise<string> {
  const asked = done<{ id: string }>(
    await asker.withFactor(`/api/${kind}`, { precinct, list: 'control', purpose: 'list-check' }),
  );
  for (const approver of approvers) done(await approver.vote(asked.id));
  return asked.id;
}

/** The same officer in one more session, with a step-up of its own for `bound`: another window, logged in apart. */
export async function otherWindow(rig: ConsoleRig, officer: Officer, bound: string) {
  const sid = randomBytes(32).toString('base64url');
  const rot = randomBytes(32).toString('base64url');
  const { now } = rig.time;
  const endsAt = now + 3_600_000;
  const row = {
    id: sid,
    officer: officer.id,
    rotation: rot,
    stage: 'open',
    startedAt: now,
    seenAt: now,
    endsAt,
    lockedAt: null,
    endedAt: null,
    endReason: null,
    factorAt: now,
    stepUpFor: bound,
    stepUpAt: now,
    network: '10.0.0.2',
    workstation: '',
  };
  await rig.write([{ op: 'insert', table: 'session', row }]);
  const cookie = `__Host-kuzot=${rig.rooms.access.room.tokens.issue({ sid, rot }, endsAt)}`;
  return (url: string, payload: object = {}) => officer.send('POST', url, payload, { cookie });
}

export interface Tap {
  /** Every commit is refused while true. */
  failing: boolean;
  /** While set, commits wait for it before they reach the log. */
  hold: Promise<void> | null;
  /** Units that reached the log. */
  commits: number;
}

/** A console whose log can be cut off or held back. */
export async function openTapped(options: RigOptions = {}): Promise<{ rig: ConsoleRig; tap: Tap }> {
  const tap: Tap = { failing: false, hold: null, commits: 0 };
  const refused = () => Promise.reject(new LogUnavailable('the disk of the log is full'));
  const rig = await openConsole({
    ...options,
    async openWith(settings) {
      const path = settings.headFile.replace(/keys\/log-head$/, 'kuzot.sqlite');
      const store = await openStore(`sqlite:${path}`, { ...settings, create: true });
      return {
        ...store,
        async commit(unit: CommitUnit): Promise<CommitResult> {
          if (tap.failing) return refused();
          if (tap.hold) await tap.hold;
          tap.commits += 1;
          return store.commit(unit);
        },
        checkpoint: (size?: number) => (tap.failing ? refused() : store.checkpoint(size)),
        settled: () => (tap.failing ? refused() : store.settled()),
        status: () =>
          tap.failing
            ? { ...store.status(), accepting: false, why: 'the disk of the log is full' }
            : store.status(),
      } satisfies MaintainedStore;
    },
  });
  return { rig, tap };
}

/** What nobody handled while `work` ran; an attack must leave none. */
export async function unhandledDuring(work: () => Promise<void>): Promise<unknown[]> {
  const caught: unknown[] = [];
  const note = (reason: unknown) => void caught.push(reason);
  process.on('unhandledRejection', note);
  try {
    await work();
    await new Promise((turn) => setImmediate(turn));
  } finally {
    process.off('unhandledRejection', note);
  }
  return caught;
}
