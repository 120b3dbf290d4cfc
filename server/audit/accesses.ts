// Who looked at a voter: what a person may ask the commission (R10). For the protection officer and the auditor with a proof of
// each access; for the person by office. Every look at it is itself an access, and its entry names the voter.
import type { Reader } from '#db/store.ts';
import type {
  Access,
  AccessPage,
  AccessProof,
  AccessQuery,
  SubjectAnswer,
  SubjectFound,
  SubjectLookup,
} from '#server/contract/accesses.ts';
import type { MaskedVoter } from '#server/contract/voters.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import { proveEntry, proveMembership } from './proof.ts';
import { fullName, readEntry } from './rules.ts';
import type { StoredTree } from './tree.ts';

export interface AccessesDeps {
  gate: Gate;
  /** Resolves when the trail shows every entry durable at the call. */
  settled(): Promise<void>;
  tree: StoredTree;
  /** The log's verifier key, as text. */
  vkey: string;
  /** The newest checkpoint with a quorum of witnesses, where one is asked for. */
  witnessed(): Promise<{ witnessed?: string | null }>;
  /** The voters room's view of a voter whose fields are hidden. */
  mask(voter: StoredVoter): MaskedVoter;
}

type StoredVoter = NonNullable<Awaited<ReturnType<Reader['voters']['byId']>>>['voter'];
type Row = Awaited<ReturnType<Reader['audit']['accessesTo']>>[number];

const pageSize = 50;
const answeredAtMost = 2_000;
const newest = Number.MAX_SAFE_INTEGER;
const personal = [
  'pin',
  'surname',
  'givenName',
  'patronymic',
  'birthDate',
  'sex',
  'address',
  'precinct',
] as const;

export function createAccesses({ gate, settled, tree, vkey, witnessed, mask }: AccessesDeps) {
  async function locateVoter(reader: Reader, id: string) {
    const found = await reader.voters.byId(id);
    return found && { record: found.voter, unit: found.path, about: { subjects: [id] } };
  }

  return {
    async listAccesses(ctx: Context, voter: string, input: AccessQuery): Promise<Outcome<AccessPage>> {
      return gate.read<StoredVoter, AccessPage>(ctx, 'voter.accesses', {
        locate: (reader) => locateVoter(reader, voter),
        async release(_, reader) {
          await settled();
          const limit = input.limit ?? pageSize;
          const rows = await reader.audit.accessesTo(voter, input.after ?? newest, limit + 1);
          const page = rows.slice(0, limit);
          return {
            kind: 'release',
            value: { items: page.map(showAccess), next: rows.length > limit ? page.at(-1)!.trail.seq : null },
            about: { subjects: [voter], detail: { shown: page.length } },
          };
        },
      });
    },

    /** That one entry is in the signed log and is about this voter, without naming the others it is about. */
    async proveAccess(ctx: Context, voter: string, seq: number): Promise<Outcome<AccessProof>> {
      return gate.read<StoredVoter, AccessProof>(ctx, 'voter.accesses', {
        locate: (reader) => locateVoter(reader, voter),
        async release(_, reader) {
          const about = { subjects: [voter], detail: { seq } };
          const [row] = await reader.audit.entriesAt([seq]);
          const membership = row ? proveMembership(readEntry(row.leaf, row.json).event, voter) : null;
          if (!row || !membership)
            return { ...refuse('not-found', { detail: 'This entry is not about this voter' }), about };
          const signed = await gate.checkpoint(seq);
          return {
            kind: 'release',
            value: {
              seq,
              voter,
              leaf: Buffer.from(row.leaf).toString('utf8'),
              membership,
              proof: await proveEntry(tree, seq, signed),
              vkey,
            },
            about,
          };
        },
      });
    },

    /** Outside the officer's unit a person is nobody; the entry is made all the same. */
    async lookupSubject(ctx: Context, { pin, purpose }: SubjectLookup): Promise<Outcome<SubjectFound>> {
      return gate.read<null, SubjectFound>(ctx, 'voter.lookup', {
        locate: async () => ({ record: null, unit: null }),
        async release(_, reader) {
          const found = await reader.voters.byPin(pin);
          const within = found?.path.startsWith(ctx.actor!.path) ? found.voter : null;
          return {
            kind: 'release',
            value: { voter: within && { ...mask(within), status: within.status } },
            about: {
              purpose,
              query: pin,
              ...(within && { subjects: [within.id], detail: { precinct: within.precinct } }),
            },
          };
        },
      });
    },

    /** The answer to the person, with a checkpoint that covers its own entry. */
    async answerSubject(ctx: Context, voter: string): Promise<Outcome<SubjectAnswer>> {
      type Answer = Omit<SubjectAnswer, 'entry' | 'checkpoint' | 'witnessed'>;
      const outcome = await gate.read<StoredVoter, Answer>(ctx, 'voter.answer', {
        locate: (reader) => locateVoter(reader, voter),
        async release(record, reader) {
          await settled();
          const rows = await reader.audit.accessesTo(voter, newest, answeredAtMost + 1);
          const { surname, givenName, patronymic, precinct, status } = record;
          const fields = personal.filter((name) => record[name] !== '');
          return {
            kind: 'release',
            value: {
              voter: { surname, givenName, patronymic, precinct },
              held: {
                fields,
                status,
                earlierVersions: (await reader.voters.versions(voter)).length,
                applications: (await reader.destructions.applications(voter)).length,
                blocked: (await reader.voters.openBlocks(voter)).length > 0,
              },
              accesses: rows.slice(0, answeredAtMost).map((row) => {
                const { officer: _, case: __, ...office } = showAccess(row);
                return office;
              }),
              more: rows.length > answeredAtMost,
              at: ctx.now,
              vkey,
            },
            about: {
              purpose: 'subject-request',
              subjects: [voter],
              fields,
              detail: { shown: Math.min(rows.length, answeredAtMost), precinct },
            },
          };
        },
      });
      if (outcome.kind !== 'done') return outcome;
      const { note } = await gate.checkpoint(outcome.entry);
      const value = { ...outcome.value, entry: outcome.entry, checkpoint: note, ...(await witnessed()) };
      return { ...outcome, value };
    },
  };
}

export type Accesses = ReturnType<typeof createAccesses>;

function showAccess({ trail, leaf, officer, unit }: Row): Access {
  const { fields } = readEntry(leaf, null).leaf;
  return {
    seq: trail.seq,
    at: trail.at,
    act: trail.act,
    outcome: trail.outcome,
    unit,
    role: trail.role,
    officer: officer && { login: officer.login, name: fullName(officer) },
    purpose: trail.purpose,
    case: trail.caseId,
    fields: Array.isArray(fields) ? fields.filter((field) => typeof field === 'string') : [],
    persons: trail.persons,
  };
}
