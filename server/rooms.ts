// Composes the rooms over one store: the only place where rooms meet. What one room needs of another is handed over here
// as a function. Used by the server, by commands and by tests alike; it starts nothing.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Store } from '#db/store.ts';
import { createAccess } from './access/access.ts';
import type { Counting } from './access/counting.ts';
import {
  type FactorPolicy,
  readBriefing,
  readFactorPolicy,
  readPasswordPolicy,
} from './access/policy-files.ts';
import { createAlerts } from './alerts/alerts.ts';
import { endings } from './alerts/over.ts';
import { sessionStillValid } from './alerts/still-valid.ts';
import { createApplicationRoom } from './applications/applications.ts';
import { applicationApproval } from './applications/approval.ts';
import { indexedPassport } from './applications/sealed.ts';
import type { ApprovalRules } from './approvals/locate.ts';
import { createApprovals } from './approvals/service.ts';
import { watchTooFew } from './approvals/too-few.ts';
import { voidRequests } from './approvals/void.ts';
import { createAccesses } from './audit/accesses.ts';
import { evidenceApproval } from './audit/approval.ts';
import { createAudit } from './audit/audit.ts';
import { watchBackups } from './backups/overdue.ts';
import { dueDay, isFrozen, isLate } from './calendar/rules.ts';
import { calendarFacts, createCalendar } from './calendar/service.ts';
import { createCampaigns } from './campaigns/service.ts';
import { createCommissions } from './commissions/service.ts';
import type { Act } from './contract/acts.ts';
import { destroyApproval } from './destructions/approval.ts';
import { registerFile } from './destructions/register.ts';
import { createDestructions } from './destructions/service.ts';
import type { Catalogue } from './detection/catalogue.ts';
import { createRuleChanges } from './detection/change/change.ts';
import { chooseRules, type RuleChoice } from './detection/change/in-force.ts';
import { describeRule } from './detection/describe.ts';
import { createDetection, type DetectionDeps } from './detection/detection.ts';
import { createFollower, type Follower } from './detection/follower.ts';
import { emergencyApproval } from './emergency/approval.ts';
import { heldEmergency, openedInLog } from './emergency/held.ts';
import { watchReviews } from './emergency/overdue.ts';
import { createEmergency } from './emergency/service.ts';
import { systemContext } from './gate/context.ts';
import { createGate } from './gate/gate.ts';
import type { Details } from './gate/leaf.ts';
import type { ApprovalDesk } from './gate/request.ts';
import type { Keys } from './keys.ts';
import { createRowMacs } from './lib/row-macs.ts';
import { officerApprovals } from './officers/approval.ts';
import { createOfficers } from './officers/service.ts';
import { type Choice, choosePolicies } from './policies/in-force.ts';
import { createPolicies } from './policies/policies.ts';
import { holdPolicies } from './policy/holder.ts';
import { exportApproval, printApproval } from './prints/approval.ts';
import { renderInWorker } from './prints/render/in-worker.ts';
import { createPrints } from './prints/service.ts';
import { readSamplingPolicy } from './samples/policy-file.ts';
import { createSamples } from './samples/service.ts';
import { restoreApproval } from './voters/approval.ts';
import { maskField } from './voters/mask.ts';
import { changeVoter, includeVoter } from './voters/rules.ts';
import { createVoters, maskVoter } from './voters/service.ts';
import { holdSurnames } from './voters/surnames.ts';
import { createWitnesses, type WitnessDeps } from './witnesses/witnesses.ts';

export interface RoomOptions {
  store: Store;
  keys: Keys;
  policiesDir: string;
  node: string;
  clock: () => number;
  /** Of a clock that does not go back: by how much the machine's did since last asked. */
  takeSetBack?: DetectionDeps['takeSetBack'];
  /** False only for measuring. */
  limits: boolean;
  /** Where attempts and requests are counted; here when left out. */
  counting?: Counting | undefined;
  /** False only for measuring: no decision of the policy is remembered. */
  remembersDecisions?: boolean;
  /** Where pages are served from: passkeys are made for it. Commands serve none. */
  origin?: string;
  /** Stands in the place of policies/factors.yml. */
  factors?: FactorPolicy;
  /** Where the rules run; in this thread when left out. */
  follow?: (rules: Catalogue) => Follower;
  /** Which detection rules may be taken; a server's start takes in the folder, as long as nobody approved a set. */
  rules?: RuleChoice;
  /** Which policies may decide; the server takes only what was approved. */
  policies?: Choice;
  /** How often witnesses are offered the newest checkpoint. */
  witnessEveryMs?: number;
  /** Operators' log of how witnesses fare. */
  onWitness?: WitnessDeps['onState'];
  /** Operators' log of what failed behind a reply; never given an event's content. */
  onFault: (error: unknown) => void;
}

/** What blind indexes are made from, by `table.column`: for a rotation of their keys. */
export const indexedTexts: Readonly<Record<string, (opened: Buffer) => string>> = {
  'application.passport_index': indexedPassport,
};

export type Rooms = Awaited<ReturnType<typeof composeRooms>>;

export async function composeRooms(options: RoomOptions) {
  const { store, keys, policiesDir, node, clock, limits, onFault } = options;
  // Detection hears of every entry, yet needs the gate to raise what it finds: bound once both exist.
  let afterEntry = () => {};
  const chosen = await choosePolicies(store.reader, policiesDir, options.policies);
  const policy = holdPolicies(chosen.source, { remembers: options.remembersDecisions, onFault });
  const chosenRules = await chooseRules(store.reader, policiesDir, options.rules);
  const passwords = readPasswordPolicy(policiesDir);
  const opened = openedInLog(store.reader);
  const openedActs = opened.acts;
  const macs = createRowMacs(keys.pepper, store.engine === 'sqlite');
  const gate = createGate({
    store,
    policy,
    macs,
    node,
    onEntry: () => afterEntry(),
    widened: heldEmergency(store.reader, openedActs),
  });
  const campaigns = createCampaigns({
    gate,
    windowDays: passwords.rotationWindowDays,
  });
  const briefing = readBriefing(policiesDir);
  const access = createAccess({
    gate,
    passwordDue: campaigns.due,
    voidRequests,
    keys: { jwt: keys.jwt, pepper: keys.pepper, seal: keys.seal },
    macs,
    clock,
    limits,
    counting: options.counting,
    policies: {
      passwords,
      briefing,
      factors: options.factors ?? readFactorPolicy(policiesDir),
    },
    origin: options.origin ?? null,
  });

  const surnames = await holdSurnames(store.reader);
  /** An entry of the system's own. */
  async function record(as: string, act: Act, detail: Details): Promise<void> {
    const outcome = await gate.change<null, null>(systemContext(as, clock(), randomUUID()), act, {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({ kind: 'change', changes: [], value: null, about: { detail } }),
    });
    if (outcome.kind !== 'done') throw new Error(`${act} was not recorded: ${outcome.kind}`);
  }
  const follow = options.follow ?? (({ ruleSet }: Catalogue) => createFollower(store.reader, ruleSet));
  const rules = createRuleChanges({
    gate,
    reader: store.reader,
    chosen: chosenRules,
    choose: () => chooseRules(store.reader, policiesDir),
    goOver: (catalogue) => detection.replace({ catalogue, follower: follow(catalogue) }),
    record: (act, detail) => record('rules', act, detail),
    policy: () => policy.hash,
    onFault,
  });
  const policies = createPolicies({
    gate,
    holder: policy,
    reader: store.reader,
    chosen,
    choose: () => choosePolicies(store.reader, policiesDir),
    record: (act, detail) => record('policies', act, detail),
    rulesNow: () => {
      const { hash } = rules.holder.catalogue.ruleSet;
      return { rules: hash, rulesBefore: hash };
    },
    openedActs,
    macs,
    onFault,
  });
  const frozenNow = async (reader: Store['reader'], now: number) =>
    isFrozen(await calendarFacts(reader), now);
  const approvalRules: ApprovalRules = {
    print: printApproval,
    export: exportApproval,
    restore: restoreApproval(frozenNow),
    application: applicationApproval,
    ...officerApprovals({ voidRequests, macs }),
    destroy: destroyApproval,
    evidence: evidenceApproval,
    emergency: emergencyApproval(openedActs),
    rules: rules.approval,
    policy: policies.approval,
  };
  const approvals = createApprovals({ gate, rules: approvalRules, settled: () => store.settled() });
  const { locate, showAsked, recount } = approvals;
  const desk: ApprovalDesk = { locateApproval: locate, showAsked, recount };
  const audit = createAudit({
    gate,
    store,
    keys,
    maskField,
    clock,
    witnessed: () => witnesses.published(),
    ...desk,
  });
  const witnesses = createWitnesses({
    policy: keys.policy,
    store,
    node: audit.tree.node,
    witnessed: audit.monitors.witnessed,
    async keep(size, vkey, line) {
      await gate.keep([{ op: 'ensure', table: 'cosignature', row: { size, witness: vkey, line } }]);
    },
    record: (act, detail) => record('witnesses', act, detail),
    clock,
    everyMs: options.witnessEveryMs ?? 10_000,
    onState: options.onWitness ?? (() => undefined),
    onFault,
  });
  const alerts = createAlerts({
    gate,
    store,
    describeRule: (key) => describeRule(rules.holder.catalogue, key),
    describeRequest: approvals.describe,
    timeline: audit.timeline,
    onFault,
  });
  const detection = createDetection({
    gate,
    store,
    catalogue: chosenRules.catalogue,
    follower: follow(chosenRules.catalogue),
    ruleRecord: rules.started,
    policies: policies.started,
    baseline: () => [...policies.baseline(clock()), ...rules.baseline(clock())],
    clock,
    takeSetBack: options.takeSetBack,
    onAlert: () => alerts.streams.poke(),
    onFault,
  });
  afterEntry = detection.notify;

  const applications = createApplicationRoom({
    gate,
    keys,
    calendar: { facts: calendarFacts, isFrozen, isLate, dueDay },
    changeVoter: { change: changeVoter, include: includeVoter },
    maskField,
  });
  const prints = createPrints({
    gate,
    limits,
    render: (job) => renderInWorker(job.kind, job.input),
    ...desk,
    witnessed: audit.monitors.carried,
    fetchEvidence: audit.evidence.fetchOpened,
  });

  const destructions = createDestructions({
    gate,
    register: registerFile(keys.destroyedFile),
    settled: () => store.settled(),
    scrub: (traces) => store.scrub(traces),
    isFrozen: frozenNow,
    ...desk,
    clock,
    onDestroyed: surnames.refresh,
    onFault,
  });

  return {
    gate,
    policy,
    access,
    refreshTypos: surnames.refresh,
    voters: createVoters({ gate, typos: surnames.typos, isFrozen: frozenNow }),
    applications,
    approvals,
    tooFew: watchTooFew(
      {
        gate,
        rules: approvalRules,
        settled: () => store.settled(),
        alertsOf: (reader, rule, now) =>
          endings(reader, { rule, field: 'approval.id', by: 'system:approvals' }, now),
        onAlert: () => alerts.streams.poke(),
      },
      clock,
      onFault,
    ),
    prints,
    audit,
    accesses: createAccesses({
      gate,
      settled: () => store.settled(),
      tree: audit.tree,
      vkey: keys.vkeyText.trimEnd(),
      witnessed: audit.monitors.carried,
      mask: maskVoter,
    }),
    samples: createSamples({
      gate,
      policy: readSamplingPolicy(policiesDir),
      checkpoint: (size) => store.checkpoint(size),
      timeline: audit.timeline,
      clock,
      onFault,
    }),
    witnesses,
    alerts,
    detection,
    destructions,
    policies,
    openedActs,
    /** What the log says of emergency access is asked anew. */
    forgetEmergencies: opened.lookAgain,
    rules,
    emergency: createEmergency({ gate, opened }),
    reviews: watchReviews({ gate, settled: () => store.settled(), openedActs }, clock, onFault),
    backups: watchBackups(gate, clock, onFault),
    stillValid: sessionStillValid({ authenticate: access.authenticate, clock }),
    calendar: createCalendar({ gate }),
    campaigns,
    commissions: createCommissions({ gate }),
    officers: createOfficers({
      gate,
      hasher: access.hasher,
      random: randomBytes,
      temporaryHours: passwords.temporaryHours,
      briefing,
      voidRequests,
      macs,
    }),
    macs,
  };
}
