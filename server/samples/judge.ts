// What becomes of a drawn entry: a finding by the one it was given to, a second person's signature under an irregular one,
// another reviewer where the first cannot. Notes go into the event, which may be erased; the leaf keeps the verdict's code.
import type { Reader } from '#db/store.ts';
import type { AssignItem, FindItem, SampleStep, SignItem } from '#server/contract/samples.ts';
import type { Context } from '#server/gate/context.ts';
import type { Decided, Located } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { bishkekDay, DAY_MS } from '#server/lib/dates.ts';
import { type FoundItem, fixedBy, flagsOf, type Item, type SampleDeps, tiesAround, topOf } from './deps.ts';
import { afterFinding, assign, rankFor, reviewerRoles, waitsFor } from './rules.ts';

interface Step {
  set: Partial<Item>;
  /** Which column takes this entry's number. */
  entryIn?: 'foundEntry' | 'signEntry';
  facts: Record<string, string | number | boolean>;
  note: string;
  detail?: Record<string, string | number | boolean>;
}

export function createJudging({ gate, policy }: SampleDeps) {
  async function locate(
    reader: Reader,
    ctx: Context,
    number: number,
    seq: number,
    act: 'find' | 'sign' | 'assign',
  ): Promise<Located<FoundItem> | null> {
    const found = await reader.samples.item(number, seq);
    const sample = found && (await reader.samples.byNumber(number));
    if (!found || !sample) return null;
    const record = { item: found.item, sample, tied: await tiesAround(reader, [found.item.actor]) };
    const about = { detail: { sample: number, drawn: seq } };
    // Giving work is the keeping of samples; judging it asks that the act lies within one's reach.
    if (act === 'assign') return { record, unit: topOf(ctx), about };
    return { record, unit: found.path ?? topOf(ctx), flags: flagsOf(ctx, record, act), about };
  }

  /** The change of one drawn entry, made together with the entry that tells it. */
  function changed({ item }: FoundItem, { set, entryIn, facts, note, detail }: Step): Decided<SampleStep> {
    const version = item.version + 1;
    const { sample, seq } = item;
    return {
      kind: 'change',
      value: (entry) => ({ entry, version }),
      changes: [
        {
          op: 'update',
          table: 'sampleItem',
          key: { sample, seq },
          expect: { version: item.version },
          set: { ...set, ...(entryIn && { [entryIn]: { entrySeq: 0 } }), version },
        },
      ],
      about: {
        sample: { number: sample, seq, ...facts },
        detail: { sample, drawn: seq, ...detail, ...(note !== '' && { note }) },
      },
    };
  }

  /** Whoever is to sign: not the one who judged. Fair over what is signed already. */
  async function signerFor(reader: Reader, found: FoundItem, now: number, judge: string) {
    const { item, sample, tied } = found;
    const roster = await reader.samples.reviewers(reviewerRoles, bishkekDay(now));
    const path = (await reader.samples.paths([item.commission]))[0]?.path ?? null;
    const load = new Map<string, number>();
    for (const { signer } of await reader.samples.items(sample.number))
      if (signer !== null) load.set(signer, (load.get(signer) ?? 0) + 1);
    const fixed = await fixedBy(reader, sample);
    if ('kind' in fixed) return fixed;
    const others = roster.filter(({ id }) => id !== judge);
    const act = { seq: item.seq, actor: item.actor, commission: item.commission, path };
    return assign([act], others, tied, fixed.hash, load)[0] ?? null;
  }

  return {
    async findItem(ctx: Context, number: number, seq: number, input: FindItem): Promise<Outcome<SampleStep>> {
      return gate.change<FoundItem, SampleStep>(ctx, 'audit.sample-find', {
        locate: (reader) => locate(reader, ctx, number, seq, 'find'),
        async decide(found, reader) {
          const { item } = found;
          const { finding } = input;
          const note = input.note?.trim() ?? '';
          if (item.state !== 'open') return judged(item);
          if (input.expectedVersion !== item.version) return stale(item);
          if (finding !== 'in-order' && note === '')
            return refuse('invalid-input', { field: 'note', detail: 'Say in a sentence what was found' });
          const me = ctx.actor!.id;
          const state = afterFinding(finding);
          const signer = state === 'to-sign' ? await signerFor(reader, found, ctx.now, me) : null;
          if (signer !== null && typeof signer !== 'string') return signer;
          return changed(found, {
            set: {
              state,
              finding,
              foundBy: me,
              foundAt: ctx.now,
              signer,
              ...(state === 'to-sign' && { dueAt: ctx.now + policy.reviewDays * DAY_MS }),
            },
            entryIn: 'foundEntry',
            facts: { finding },
            note,
            detail: { finding },
          });
        },
      });
    },

    async signItem(ctx: Context, number: number, seq: number, input: SignItem): Promise<Outcome<SampleStep>> {
      return gate.change<FoundItem, SampleStep>(ctx, 'audit.sample-sign', {
        locate: (reader) => locate(reader, ctx, number, seq, 'sign'),
        decide(found) {
          const { item } = found;
          const { agrees } = input;
          const note = input.note?.trim() ?? '';
          if (item.state !== 'to-sign')
            return refuse('wrong-state', {
              detail: 'There is no finding to sign',
              facts: { state: item.state },
            });
          if (input.expectedVersion !== item.version) return stale(item);
          if (!agrees && note === '')
            return refuse('invalid-input', { field: 'note', detail: 'Say why the finding is sent back' });
          const set: Partial<Item> = agrees
            ? { state: 'done', signedBy: ctx.actor!.id, signedAt: ctx.now }
            : {
                state: 'open',
                finding: null,
                foundBy: null,
                foundAt: null,
                foundEntry: null,
                signer: null,
                dueAt: ctx.now + policy.reviewDays * DAY_MS,
                returned: item.returned + 1,
              };
          return changed(found, { set, entryIn: 'signEntry', facts: { agrees }, note, detail: { agrees } });
        },
      });
    },

    /** The due time stays: giving it away wins no time. */
    async assignItem(
      ctx: Context,
      number: number,
      seq: number,
      input: AssignItem,
    ): Promise<Outcome<SampleStep>> {
      return gate.change<FoundItem, SampleStep>(ctx, 'audit.sample-assign', {
        locate: (reader) => locate(reader, ctx, number, seq, 'assign'),
        async decide(found, reader) {
          const { item, tied } = found;
          if (item.state === 'done') return judged(item);
          if (input.expectedVersion !== item.version) return stale(item);
          const roster = await reader.samples.reviewers(reviewerRoles, bishkekDay(ctx.now));
          const other = roster.find(({ login }) => login === input.login.toLowerCase());
          const path = (await reader.samples.paths([item.commission]))[0]?.path ?? null;
          const may =
            other !== undefined &&
            other.id !== waitsFor(item) &&
            !(item.state === 'to-sign' && other.id === item.foundBy) &&
            rankFor(other, { actor: item.actor, path }, tied) !== null;
          if (!may)
            return refuse('invalid-input', {
              field: 'login',
              detail:
                'Name another active auditor or supervisor who did not do this act, did not judge it, and is not tied to whoever did it',
            });
          return changed(found, {
            set: item.state === 'open' ? { reviewer: other.id } : { signer: other.id },
            facts: { to: other.id },
            note: input.reason.trim(),
            detail: { officer: other.id },
          });
        },
      });
    },
  };
}

const stale = ({ version }: Item) => refuse('stale', { facts: { version } });
const judged = ({ state }: Item) =>
  refuse('wrong-state', { detail: 'A finding was given already', facts: { state } });
