// Use cases about voters: find, view, reveal, locate, history, ask for restoration. Every one passes the gate exactly once;
// nothing here releases a masked field but `revealField`.
import { randomUUID } from 'node:crypto';
import type { Reader } from '#db/store.ts';
import { type Purpose, purposes } from '#server/contract/vocabulary.ts';
import type {
  MaskedVoter,
  VoterCard,
  VoterPage,
  VoterRestore,
  VoterReveal,
  VoterSearch,
  VoterVersions,
  VoterWhere,
} from '#server/contract/voters.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate, Located } from '#server/gate/gate.ts';
import { type Outcome, type Refusal, refuse } from '#server/gate/outcome.ts';
import { newRequest } from '#server/gate/request.ts';
import type { Flag } from '#server/policy/relation.ts';
import { maskAddress, maskBirthDate, maskIdentifier } from './mask.ts';
import { frozen, type IsFrozen, restoreHash, restorePayload } from './restore.ts';
import { caseOpen, planSearch, type Voter, versionSet } from './rules.ts';
import { findNames, findPin, readCursor } from './search.ts';
import type { TypoIndex } from './typos.ts';

export interface VoterDeps {
  gate: Gate;
  /** Other spellings of folded surnames; kept current by the composition root. */
  typos: () => TypoIndex;
  isFrozen: IsFrozen;
}

/** A restoration waits this long for its approvals. */
const approvalMs = 24 * 3_600_000;

interface LocatedVoter {
  voter: Voter;
  path: string;
  blocks: { application: string; since: number }[];
  caseFound: boolean;
}

export function createVoters({ gate, typos, isFrozen }: VoterDeps) {
  /** The voter with every fact policies ask for. `caseId` is the case the officer names, if any. */
  async function locate(
    reader: Reader,
    ctx: Context,
    id: string,
    caseId?: string | null,
  ): Promise<Located<LocatedVoter> | null> {
    const found = await reader.voters.byId(id);
    if (!found) return null;
    const blocks = await reader.voters.openBlocks(id);
    const named = caseId ? await reader.voters.caseById(caseId) : null;
    const caseFound = named !== null && named.voter === id && caseOpen(named);
    const flags: Flag[] = [];
    if (blocks.length) flags.push('blocked');
    if (caseFound) flags.push('case-open');
    if (caseFound && blocks.some((b) => b.application === caseId)) flags.push('blocked-by-case');
    if (ctx.actor?.role === 'supervisor' && (await reader.voters.hasAlertUnder(id, ctx.actor.path)))
      flags.push('alert-subject');
    return {
      record: { voter: found.voter, path: found.path, blocks, caseFound },
      unit: found.path,
      flags,
      about: { subjects: [id], ...(caseId && { caseId }), detail: { precinct: found.voter.precinct } },
    };
  }

  return {
    async searchVoters(ctx: Context, input: VoterSearch): Promise<Outcome<VoterPage>> {
      return gate.read<string, VoterPage>(ctx, 'voter.search', {
        async locate(reader) {
          if (!input.precinct) return { record: ctx.actor!.path, unit: null };
          const unit = await reader.commissions.byCode(input.precinct);
          return unit && { record: unit.path, unit: unit.path };
        },
        async release(path, reader) {
          const about = { query: input.q, ...(input.purpose && { purpose: input.purpose }) };
          const plan = planSearch(input.q);
          if (plan.kind === 'too-broad')
            return {
              ...refuse('too-broad', {
                field: 'q',
                detail: 'Type at least three letters of the name, or the 14 digits of the PIN',
              }),
              about,
            };
          const found =
            plan.kind === 'pin'
              ? await findPin(reader, path, plan.pin)
              : await findNames(reader, path, plan, readCursor(input.after), input.limit ?? 20, typos());
          return {
            kind: 'release',
            value: { ...found, items: found.items.map(maskVoter) },
            about: {
              ...about,
              subjects: found.items.map((v) => v.id),
              detail: { approximate: found.approximate, matches: found.count },
            },
          };
        },
      });
    },

    async locatePin(ctx: Context, pin: string, purpose: Purpose): Promise<Outcome<VoterWhere>> {
      return gate.read(ctx, 'voter.locate', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const found = await reader.voters.byPin(pin);
          const listed = found?.voter.status === 'listed' ? found : null;
          const here = listed?.path.startsWith(ctx.actor!.path) ?? false;
          const value: VoterWhere = !listed
            ? { where: 'none' }
            : here
              ? { where: 'here', precinct: listed.voter.precinct }
              : { where: 'elsewhere', precinct: listed.voter.precinct };
          return {
            kind: 'release',
            value,
            about: {
              purpose,
              query: pin,
              subjects: listed ? [listed.voter.id] : [],
              detail: { where: value.where, ...(listed && { precinct: listed.voter.precinct }) },
            },
          };
        },
      });
    },

    async viewVoter(ctx: Context, id: string): Promise<Outcome<Omit<VoterCard, 'entry'>>> {
      return gate.read(ctx, 'voter.view', {
        locate: (reader) => locate(reader, ctx, id),
        release({ voter, blocks }) {
          const [first] = blocks;
          return {
            kind: 'release',
            value: {
              ...maskVoter(voter),
              status: voter.status,
              version: voter.version,
              changedAt: voter.changedAt,
              blocked: first ? { case: first.application, since: first.since } : null,
            },
            about: { subjects: [id], detail: { precinct: voter.precinct } },
          };
        },
      });
    },

    async revealField(ctx: Context, id: string, input: VoterReveal): Promise<Outcome<string>> {
      return gate.read<LocatedVoter, string>(ctx, 'voter.reveal', {
        locate: (reader) => locate(reader, ctx, id, input.case),
        release({ voter, caseFound }) {
          const about = {
            purpose: input.purpose,
            ...(input.case && { caseId: input.case }),
            subjects: [id],
            fields: [input.field],
            detail: { precinct: voter.precinct },
          };
          const refusal = caseRefusal(input.purpose, input.case ?? null, caseFound);
          if (refusal) return { ...refusal, about };
          return { kind: 'release', value: voter[input.field], about };
        },
      });
    },

    async listVersions(ctx: Context, id: string): Promise<Outcome<VoterVersions>> {
      return gate.read(ctx, 'voter.versions', {
        locate: (reader) => locate(reader, ctx, id),
        async release({ voter }, reader) {
          const rows = await reader.voters.versions(id);
          const items = rows.map((row, i) => {
            const before = versionSet(row.row);
            const next = rows[i + 1];
            const after = next ? versionSet(next.row) : voter;
            return {
              version: row.version,
              replacedAt: row.replacedAt,
              by: row.by && {
                login: row.by.login,
                name: `${row.by.surname} ${row.by.givenName} ${row.by.patronymic}`.trim(),
              },
              application: row.application,
              entry: row.entry,
              changes: differences(
                before as Record<string, string>,
                after as unknown as Record<string, string>,
              ),
            };
          });
          return {
            kind: 'release',
            value: { items },
            about: { subjects: [id], detail: { precinct: voter.precinct } },
          };
        },
      });
    },

    /** Asks two others to put an earlier version back (R34). The approval binds the version both ways. */
    async requestRestore(
      ctx: Context,
      id: string,
      { version, reason, legalReference }: VoterRestore,
    ): Promise<Outcome<{ approval: string; state: string }>> {
      const approval = randomUUID();
      const basis = legalReference?.trim() ?? '';
      return gate.change<LocatedVoter, { approval: string; state: string }>(ctx, 'voter.restore-request', {
        async locate(reader) {
          const located = await locate(reader, ctx, id);
          if (!located) return null;
          const from = located.record.voter.version;
          return { ...located, hash: restoreHash(id, version, from, basis) };
        },
        async decide({ voter }, reader) {
          const about = {
            subjects: [id],
            detail: { approval, version, precinct: voter.precinct, note: reason },
          };
          const kept = (await reader.voters.versions(id)).find((row) => row.version === version);
          if (!kept)
            return {
              ...refuse('invalid-input', {
                field: 'version',
                detail: 'There is no such earlier version; see the history',
              }),
              about,
            };
          if (basis === '' && (await isFrozen(reader, ctx.now))) return { ...frozen(), about };
          const { insert, said } = newRequest(ctx, {
            id: approval,
            kind: 'restore',
            payload: restorePayload(id, version, voter.version, basis),
            persons: 1,
            purpose: 'review',
            commission: voter.precinct,
            needed: 2,
            lastsMs: approvalMs,
          });
          return {
            kind: 'change',
            about: { ...about, detail: { ...about.detail, ...said } },
            value: { approval, state: 'pending' },
            changes: [insert],
          };
        },
      });
    },
  };
}

export type Voters = ReturnType<typeof createVoters>;

/** A voter as anybody sees one before a field is revealed. */
export function maskVoter(voter: Voter): MaskedVoter {
  return {
    id: voter.id,
    surname: voter.surname,
    givenName: voter.givenName,
    patronymic: voter.patronymic,
    sex: voter.sex,
    pin: maskIdentifier(voter.pin),
    birthDate: maskBirthDate(voter.birthDate),
    address: maskAddress(voter.address),
    precinct: voter.precinct,
    flags: voter.flags ? voter.flags.split(',') : [],
  };
}

const maskOf: Record<string, (text: string) => string> = {
  pin: maskIdentifier,
  birthDate: maskBirthDate,
  address: maskAddress,
};

function differences(before: Record<string, string>, after: Record<string, string>) {
  return Object.keys(before)
    .filter((field) => before[field] !== after[field])
    .map((field) => {
      const show = maskOf[field] ?? ((text: string) => text);
      return { field, old: show(before[field] ?? ''), new: show(after[field] ?? '') };
    });
}

function caseRefusal(purpose: Purpose, caseId: string | null, caseFound: boolean): Refusal | null {
  const { needsCase } = purposes.find((p) => p.code === purpose)!;
  if (!needsCase && caseId === null) return null;
  return caseFound
    ? null
    : refuse('case-required', { field: 'case', detail: 'Name an open application about this voter' });
}
