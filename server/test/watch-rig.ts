// The audit, alerts and detection rooms on top of the console rig: the same store, gate, officers and clock, with routes of
// these rooms alone, so that a test can read the log and its alerts while it works through the gate.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import fastify, { type FastifyInstance, type LightMyRequestResponse } from 'fastify';
import { createAlerts } from '#server/alerts/alerts.ts';
import { alertRoutes } from '#server/alerts/routes.ts';
import { auditRoutes } from '#server/audit/routes.ts';
import type { Act } from '#server/contract/acts.ts';
import { type Catalogue, loadCatalogue } from '#server/detection/catalogue.ts';
import { describeRule } from '#server/detection/describe.ts';
import { createDetection, type DetectionDeps } from '#server/detection/detection.ts';
import { createFollower } from '#server/detection/follower.ts';
import type { Actor, Context } from '#server/gate/context.ts';
import { createGate } from '#server/gate/gate.ts';
import type { EntryAbout } from '#server/gate/leaf.ts';
import { guard } from '#server/http/guard.ts';
import { schemaCompilers } from '#server/http/schemas.ts';
import { createRowMacs } from '#server/lib/row-macs.ts';
import { type ConsoleRig, type Officer, openConsole, type RigOptions } from './console-rig.ts';
import { origin } from './set-up.ts';

const policies = join(import.meta.dirname, '..', '..', 'policies');
export const shippedRules = () => loadCatalogue(join(policies, 'detection'));

export interface WatchOptions extends Pick<RigOptions, 'openWith'> {
  catalogue?: Catalogue;
  heartbeatMs?: number;
  stillValid?: () => Promise<boolean>;
}

export async function openWatch(options: WatchOptions = {}) {
  const rig = await openConsole(options);
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const catalogue = options.catalogue ?? shippedRules();
  const clock = () => rig.time.now;
  // A policy that permits everything, for entries made as another room would make them.
  const anything = createGate({
    store: rig.store,
    policy: { hash: 'any', decide: () => ({ kind: 'permit', policy: 'test' }) },
    macs: createRowMacs(Buffer.alloc(32), true),
    node: 'test',
  });
  const { audit } = rig.rooms;
  const alerts = createAlerts({
    gate: rig.rooms.gate,
    store: rig.store,
    describeRule: (key) => describeRule(catalogue, key),
    describeRequest: rig.rooms.approvals.describe,
    timeline: audit.timeline,
    onFault,
    ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
  });
  const detect = (over: Partial<DetectionDeps> = {}) =>
    createDetection({
      gate: rig.rooms.gate,
      store: rig.store,
      catalogue,
      follower: createFollower(rig.store.reader, (over.catalogue ?? catalogue).ruleSet),
      policies: () => ({ hash: rig.rooms.policy.hash, approval: null }),
      clock,
      onAlert: () => alerts.streams.poke(),
      onFault,
      ...over,
    });

  const app: FastifyInstance = fastify({ exposeHeadRoutes: false });
  schemaCompilers(app);
  await rig.rooms.access.install(app);
  guard(app, {
    gate: rig.rooms.gate,
    authenticate: rig.rooms.access.authenticate,
    countRefusal: rig.rooms.access.countRefusal,
    spend: rig.rooms.access.spend,
    clock,
    origin,
  });
  auditRoutes(app, { audit });
  alertRoutes(app, { alerts, stillValid: options.stillValid ?? (async () => true) });
  await app.ready();

  const send = (method: 'GET' | 'POST', who: Officer | null, url: string, payload?: object) =>
    app.inject({
      method,
      url,
      remoteAddress: '10.0.0.1',
      headers: { ...(who && { cookie: who.cookie }), ...(method === 'POST' && { origin }) },
      ...(payload && { payload }),
    }) as Promise<LightMyRequestResponse>;

  const people = new Map<string, Actor>();
  /** The context of a request by this officer, now. */
  async function contextOf(who: Officer): Promise<Context> {
    let actor = people.get(who.id);
    if (!actor) {
      const found = await rig.store.reader.access.byId(who.id);
      if (!found) throw new Error('no such officer');
      const { officer, path } = found;
      actor = {
        id: officer.id,
        login: officer.login,
        name: officer.surname,
        role: officer.role as Actor['role'],
        commission: officer.commission,
        path,
        clearanceValid: true,
      };
      people.set(who.id, actor);
    }
    return {
      request: randomUUID(),
      now: rig.time.now,
      actor,
      session: {
        id: who.sid,
        stage: 'open',
        locked: false,
        startedAt: rig.time.now,
        endsAt: rig.time.now + 1,
        factorShown: true,
        factorAt: null,
        stepUpFor: null,
        stepUpAt: null,
      },
      address: '10.0.0.7',
      workstation: 'desk-7',
      passive: true,
      seenAt: rig.time.now,
      ledger: { entries: 0, lastSeq: -1 },
    };
  }

  /** Makes an entry as another room would, by this officer and at this time. */
  async function act(who: Officer, name: Act, about: EntryAbout): Promise<number> {
    const ctx = await contextOf(who);
    const outcome = await anything.change<null, null>(ctx, name, {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({ kind: 'change', changes: [], value: null, about }),
    });
    if (outcome.kind !== 'done') throw new Error(`${name}: ${outcome.kind}`);
    return outcome.entry;
  }

  /** An approved correction of a voter applied to the list, as the applications room records it. */
  const correct = (who: Officer, voter: string, precinct = '1001', detail: EntryAbout['detail'] = {}) =>
    act(who, 'application.apply', {
      subjects: [voter],
      caseId: 'application-1-0',
      fields: ['surname'],
      detail: {
        changeKind: 'correct',
        changes: [
          { field: 'surname', old: 'Асанов', new: 'Асанова' },
          { field: 'address', old: 'Чүй, 1', new: 'Чүй, 2' },
        ],
        approved: true,
        samePerson: false,
        frozen: false,
        precinct,
        applicationKind: 'correction',
        state: 'approved',
        note: 'арыз боюнча',
        ...detail,
      },
    });

  return {
    ...rig,
    rig,
    app,
    audit,
    alerts,
    detect,
    faults,
    catalogue,
    contextOf,
    act,
    correct,
    get: (who: Officer | null, url: string) => send('GET', who, url),
    post: (who: Officer | null, url: string, payload: object = {}) => send('POST', who, url, payload),
    async close() {
      await app.close();
      await rig.close();
    },
  };
}

export type WatchRig = Awaited<ReturnType<typeof openWatch>>;
export type { ConsoleRig, Officer };
