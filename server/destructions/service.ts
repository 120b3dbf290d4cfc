// Use cases of destroying a person's data (R03, R14): asked for under an act, approved by two others, carried out once with an
// entry that names the act and never the person. What was under way at that moment and came to the log later is swept up.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Change, Reader, Row } from '#db/store.ts';
import type {
  DestructionAct,
  DestructionAsked,
  DestructionDone,
  DestructionPage,
  DestructionRequest,
} from '#server/contract/destructions.ts';
import { type Context, systemContext } from '#server/gate/context.ts';
import type { Gate, Located } from '#server/gate/gate.ts';
import { type Recount, refuseRecounted } from '#server/gate/in-log.ts';
import type { Traces } from '#server/gate/openings.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { canonicalJson } from '#server/lib/canonical.ts';
import { type Destroyed, destroyPerson, markOf, markWith } from './erase.ts';
import type { Destruction, Register } from './register.ts';
import { mayDestroy, orderFault } from './rules.ts';
import { findPerson } from './traces.ts';

export interface DestructionDeps {
  gate: Gate;
  register: Register;
  /** Resolves when the projections show every entry durable at the call. */
  settled(): Promise<void>;
  /** Overwrites what the database freed; false where some is left until it is compacted. */
  scrub(traces: readonly string[]): Promise<boolean>;
  isFrozen(reader: Reader, now: number): Promise<boolean>;
  /** From the approvals room: the approval with its policy facts. */
  locateApproval(
    reader: Reader,
    ctx: Context,
    id: string,
  ): Promise<Located<{ approval: Row<'approval'>; path: string }> | null>;
  /** From there too: whether a complete approval still stands, by the log. */
  recount(reader: Reader, id: string): Promise<Recount>;
  clock: () => number;
  /** Told when the list has changed in a way the typo dictionary must follow. */
  onDestroyed(): Promise<void>;
  onFault(error: unknown): void;
}

const approvalMs = 7 * 24 * 3_600_000;
const pageSize = 200;
/** A request under way when the data went has ended by then. */
const stragglerMs = 60_000;

interface Payload extends Omit<DestructionRequest, 'notice'> {
  effect: 'leave-list' | 'destroy';
  notice: string;
  /** Makes the hash say nothing once the payload is gone. */
  nonce: string;
  version: number;
  voter: string;
}

export function createDestructions(deps: DestructionDeps) {
  const { gate, register, settled, scrub, isFrozen } = deps;
  /** Persons whose data went a moment ago, with what was known of them then; in memory only. */
  const stragglers = new Map<string, { traces: Traces; size: number }>();

  async function standing(reader: Reader, voter: Row<'voter'>, now: number) {
    return {
      listed: voter.status === 'listed',
      blocked: (await reader.voters.openBlocks(voter.id)).length > 0,
      frozen: await isFrozen(reader, now),
    };
  }

  return {
    async requestDestruction(
      ctx: Context,
      id: string,
      input: DestructionRequest,
    ): Promise<Outcome<Omit<DestructionAsked, 'entry'>>> {
      const approval = randomUUID();
      type Found = { voter: Row<'voter'>; path: string };
      return gate.change<Found, Omit<DestructionAsked, 'entry'>>(ctx, 'voter.destroy-request', {
        async locate(reader) {
          const found = await reader.voters.byId(id);
          if (!found) return null;
          const { version } = found.voter;
          const hash = sha256(canonicalJson({ ...input, version, voter: id }));
          return { record: found, unit: found.path, hash, about: { subjects: [id] } };
        },
        async decide({ voter }, reader) {
          const about = {
            subjects: [id],
            detail: { approval, basis: input.basis, precinct: voter.precinct },
          };
          const { traces } = await findPerson(reader, id);
          const fault =
            orderFault(input, traces, ctx.now) ?? mayDestroy(await standing(reader, voter, ctx.now), input);
          if (fault) return { ...fault, about };
          const listed = voter.status === 'listed';
          const payload: Payload = {
            basis: input.basis,
            effect: listed ? 'leave-list' : 'destroy',
            leavesList: listed,
            nonce: randomBytes(32).toString('hex'),
            notice: input.notice?.trim() ?? '',
            number: input.number.trim(),
            orderedBy: input.orderedBy.trim(),
            orderedOn: input.orderedOn,
            version: voter.version,
            voter: id,
          };
          const text = canonicalJson({ ...payload });
          const row = {
            id: approval,
            kind: 'destroy',
            payload: text,
            payloadHash: sha256(text),
            persons: 1,
            purpose: input.basis === 'unlawful' ? 'complaint' : 'review',
            commission: voter.precinct,
            requestedBy: ctx.actor!.id,
            requestedAt: ctx.now,
            state: 'pending',
            needed: 2,
            expiresAt: ctx.now + approvalMs,
            entry: { entrySeq: 0 },
            version: 1,
          };
          return {
            kind: 'change',
            about: { ...about, detail: { ...about.detail, hash: row.payloadHash } },
            value: { approval, id: approval, state: 'pending' },
            changes: [{ op: 'insert', table: 'approval', row }],
          };
        },
      });
    },

    /** Carries an approved destruction out. The answer comes when the freed bytes are overwritten, or says they are not. */
    async carryOut(ctx: Context, approvalId: string): Promise<Outcome<DestructionDone>> {
      await settled();
      let gone: Destroyed | null = null;
      type Found = { approval: Row<'approval'>; path: string };
      const outcome = await gate.change<Found, Destruction>(ctx, 'voter.destroy', {
        locate: (reader) => deps.locateApproval(reader, ctx, approvalId),
        async decide({ approval }, reader) {
          const about = {
            persons: approval.persons,
            detail: { approval: approvalId, approvalKind: approval.kind },
          };
          if (approval.kind !== 'destroy') return { ...refuse('not-found'), about };
          if (ctx.now > approval.expiresAt)
            return { ...refuse('wrong-state', { detail: 'The approval has expired: ask again' }), about };
          const recounted = approval.state === 'approved' ? await deps.recount(reader, approvalId) : 'stands';
          const refused = refuseRecounted(recounted, approval, about);
          if (refused) return refused;
          const order = JSON.parse(approval.payload) as Payload;
          const found = await reader.voters.byId(order.voter);
          if (!found || found.voter.version !== order.version)
            return {
              ...refuse('stale', { detail: 'The record has changed since it was approved: ask again' }),
              about,
            };
          const fault = mayDestroy(await standing(reader, found.voter, ctx.now), order);
          if (fault) return { ...fault, about };
          gone = await destroyPerson(reader, order.voter, approvalId);
          const act: Destruction = {
            id: approvalId,
            number: order.number,
            orderedBy: order.orderedBy,
            orderedOn: order.orderedOn,
            basis: order.basis,
            notice: order.notice || null,
            commission: approval.commission,
            requestedBy: approval.requestedBy,
            executedBy: ctx.actor!.id,
            at: ctx.now,
            entry: 0,
            counts: canonicalJson(gone.counts),
            ...markOf(order.voter),
          };
          const { voter: _voter, nonce: _nonce, ...kept } = order;
          return {
            kind: 'change',
            value: (entry) => ({ ...act, entry }),
            about: {
              ...about,
              erased: gone.openings,
              detail: { ...about.detail, ...gone.counts, basis: act.basis, number: act.number },
            },
            changes: [
              ...gone.changes,
              { op: 'insert', table: 'destruction', row: { ...act, entry: { entrySeq: 0 } } },
              {
                op: 'update',
                table: 'approval',
                key: { id: approvalId },
                expect: { version: approval.version, state: 'approved' },
                set: {
                  payload: canonicalJson({ ...kept }),
                  state: 'executed',
                  executedAt: ctx.now,
                  version: approval.version + 1,
                },
              },
            ],
          };
        },
      });
      if (outcome.kind !== 'done') return outcome;
      register.append(outcome.value);
      await deps.onDestroyed();
      const { person, size } = gone!;
      const after = { traces: person.traces, size };
      stragglers.set(person.id, after);
      await sweepNow();
      setTimeout(() => {
        sweepNow()
          .then(() => stragglers.delete(person.id))
          .catch(deps.onFault);
      }, stragglerMs).unref();
      const clean = await scrub(tellingTraces(person.traces));
      const { login, name } = ctx.actor!;
      return {
        ...outcome,
        value: { ...show(outcome.value, { login, name }), residue: clean ? 'none' : 'left' },
      };
    },

    async listDestructions(ctx: Context): Promise<Outcome<DestructionPage>> {
      return gate.read<null, DestructionPage>(ctx, 'destruction.list', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const rows = await reader.destructions.page(ctx.actor!.path, pageSize);
          const items = rows.map(({ destruction, by }) =>
            show(
              destruction,
              by && { login: by.login, name: `${by.surname} ${by.givenName} ${by.patronymic}`.trim() },
            ),
          );
          return { kind: 'release', value: { items }, about: { detail: { shown: items.length } } };
        },
      });
    },

    destroyAgain,
    sweepNow,
  };

  /** Destroys what requests under way put into the log, or beside it, after the data had gone. */
  async function sweepNow(): Promise<void> {
    await settled();
    for (const [id, after] of stragglers) {
      if ((await destroyPerson(gate.reader, id, null, after)).changes.length === 0) continue;
      await asSystem(() => destroyPerson(gate.reader, id, null, after), { sweep: true }, []);
    }
  }

  async function asSystem(
    destroy: () => Promise<Destroyed>,
    detail: Record<string, string | boolean>,
    more: Change[],
  ): Promise<void> {
    const ctx = systemContext('destruction', deps.clock(), randomUUID());
    const outcome = await gate.change<null, null>(ctx, 'voter.destroy', {
      locate: async () => ({ record: null, unit: null, flags: ['approved'] }),
      async decide() {
        const { changes, openings, counts } = await destroy();
        return {
          kind: 'change',
          value: null,
          changes: [...changes, ...more],
          about: { persons: 1, erased: openings, detail: { ...counts, ...detail } },
        };
      },
    });
    if (outcome.kind !== 'done') throw new Error(`a destruction could not be completed: ${outcome.kind}`);
  }

  /**
   * Destroys again what the register names and this database does not know of: it was restored from before. To be called
   * before anything is served. @returns how many acts were carried out again
   */
  async function destroyAgain(): Promise<number> {
    const known = new Map((await gate.reader.destructions.all()).map((act) => [act.id, act]));
    const acts = register.read();
    const listed = new Set(acts.map(({ id }) => id));
    for (const act of known.values()) if (!listed.has(act.id)) register.append(act);
    const again = acts.filter(({ id }) => !known.has(id));
    if (again.length === 0) return 0;
    await settled();
    const persons = await personsOf(gate.reader, again);
    for (const act of again) {
      const id = persons.get(act.id);
      const destroy = async (): Promise<Destroyed> =>
        id === undefined ? nothing : await destroyPerson(gate.reader, id, null);
      await asSystem(destroy, { restored: true, number: act.number }, [
        { op: 'insert', table: 'destruction', row: { ...act, entry: { entrySeq: 0 } } },
      ]);
    }
    await settled();
    await scrub([...persons.values()]);
    await deps.onDestroyed();
    return again.length;
  }
}

export type Destructions = ReturnType<typeof createDestructions>;

const nothing = { changes: [], openings: 0, counts: {} } as unknown as Destroyed;

const personsAtOnce = 5_000;

/** Act id → the stored person it is about. Tries the marks on everybody, in slices. */
async function personsOf(
  { destructions }: Reader,
  acts: readonly Destruction[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const page of [destructions.votersAfter, destructions.subjectsAfter]) {
    for (let after = '', ids = await page(after, personsAtOnce); ids.length > 0; ) {
      for (const id of ids)
        for (const { id: act, salt, mark } of acts)
          if (!found.has(act) && markWith(salt, id) === mark) found.set(act, id);
      after = ids.at(-1)!;
      ids = await page(after, personsAtOnce);
    }
  }
  return found;
}

/** Texts to look for in the database's files. */
function tellingTraces({ voter, cases, texts }: Traces): string[] {
  return [voter, ...cases, ...texts];
}

function show(act: Destruction, by: DestructionAct['by']): DestructionAct {
  const { id, number, orderedBy, orderedOn, notice, commission, at, entry } = act;
  return {
    id,
    number,
    orderedBy,
    orderedOn,
    basis: act.basis as DestructionAct['basis'],
    notice,
    commission,
    at,
    by,
    entry,
    counts: JSON.parse(act.counts) as Record<string, number>,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
