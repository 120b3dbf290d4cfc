// Where an import's batches go: each one unit of work with one `list.import` entry, durable before the next is answered.
// Identifiers already on the list are the store's to find (its unique key), so that no batch asks first. It reads no
// file and prints nothing.
import { randomFillSync } from 'node:crypto';
import type { Change, CommitResult, Store } from '#db/store.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { type RefusalKind, refuse } from '#server/gate/outcome.ts';
import { fold } from '#server/lib/fold.ts';
import type { SinkOutcome, VoterSink } from './import/pipeline.ts';
import type { VoterImportRow } from './import/rows.ts';
import type { IsFrozen } from './restore.ts';

/** The act of importing was refused: by policy, or because something changed in the meantime. */
export class ImportRefused extends Error {
  override readonly name = 'ImportRefused';
  readonly refusal: RefusalKind;
  constructor(refusal: RefusalKind) {
    super(`the import was refused: ${refusal}`);
    this.refusal = refusal;
  }
}

/** A store that remembers which rows of its last unit were skipped; for one importer at a time. */
export interface WatchedStore extends Store {
  readonly lastSkipped: readonly number[];
}

/** The gate answers with a value and a seq; which rows the unique key turned away is seen here. */
export function watchSkipped(store: Store): WatchedStore {
  let skipped: readonly number[] = [];
  return {
    engine: store.engine,
    reader: store.reader,
    get lastSkipped() {
      return skipped;
    },
    async commit(unit): Promise<CommitResult> {
      const result = await store.commit(unit);
      skipped = result.kind === 'done' ? result.skipped : [];
      return result;
    },
    checkpoint: (size) => store.checkpoint(size),
    settled: () => store.settled(),
    scrub: (traces) => store.scrub(traces),
    status: () => store.status(),
    close: () => store.close(),
  };
}

const columns = [
  'id',
  'pin',
  'scheme',
  'surname',
  'givenName',
  'patronymic',
  'birthDate',
  'sex',
  'address',
  'precinct',
  'fold',
  'flags',
  'status',
  'version',
  'changedAt',
] as const;

export interface SinkDeps {
  gate: Gate;
  store: WatchedStore;
  /** A fresh context for every batch: each is an act of its own. */
  context: () => Context | Promise<Context>;
  /** Hex SHA-256 of the file, the entry's artifact. */
  sha256: string;
  /** First row this run takes. */
  fromRow: number;
  isFrozen: IsFrozen;
  /** The decision that lets a frozen list grow; empty where none is named (R27). */
  legalReference: string;
}

/** Rows refused here carry the reason `already-registered`. Throws ImportRefused, and LogUnavailable as the store does. */
export function createVoterSink({
  gate,
  store,
  context,
  sha256,
  fromRow,
  isFrozen,
  legalReference,
}: SinkDeps): VoterSink {
  const newSurname = surnamesOnce();
  const ids = idSource();
  let batchNumber = 0;
  let from = fromRow;

  async function write(batch: readonly VoterImportRow[], throughRow: number): Promise<SinkOutcome> {
    const ctx = await context();
    ids.newBatch();
    const surnames: [string][] = [];
    const rows = batch.map((row) => {
      const surname = newSurname(row.surname);
      if (surname !== null) surnames.push([surname]);
      return [
        ids.next(),
        row.pin,
        row.identifierScheme,
        row.surname,
        row.givenName,
        row.patronymic,
        row.birthDate ?? '',
        row.sex ?? '',
        row.address,
        row.precinct,
        row.fold,
        row.flags.length === 0 ? '' : row.flags.join(','),
        'listed',
        1,
        ctx.now,
      ];
    });
    const changes: Change[] = [{ op: 'load', table: 'voter', columns: [...columns], rows }];
    if (surnames.length > 0)
      changes.push({ op: 'load', table: 'surname', columns: ['fold'], rows: surnames });
    batchNumber += 1;
    const detail = { file: sha256, batch: batchNumber, fromRow: from, throughRow };
    const outcome = await gate.change(ctx, 'list.import', {
      locate: async () => ({ record: null, unit: null }),
      async decide(_none, reader) {
        const frozen = await isFrozen(reader, ctx.now);
        const about = { persons: batch.length, artifact: sha256, detail: { ...detail, frozen } };
        if (frozen && legalReference === '') return { ...refuse('frozen'), about };
        return {
          kind: 'change',
          changes,
          value: null,
          about: { ...about, detail: { ...about.detail, ...(frozen && { legalReference }) } },
        };
      },
    });
    if (outcome.kind !== 'done') throw new ImportRefused(outcome.kind);
    from = throughRow + 1;
    // Skipped surnames come after the voters, and only say that the name was known.
    return {
      rejected: store.lastSkipped
        .filter((index) => index < rows.length)
        .map((index) => ({ index, reason: 'already-registered' })),
    };
  }

  async function check(batch: readonly VoterImportRow[]): Promise<SinkOutcome> {
    const { now } = await context();
    if (legalReference === '' && (await isFrozen(store.reader, now))) throw new ImportRefused('frozen');
    const found = await Promise.all(batch.map((row) => store.reader.voters.byPin(row.pin)));
    return {
      rejected: found.flatMap((voter, index) => (voter ? [{ index, reason: 'already-registered' }] : [])),
    };
  }

  return { write, check };
}

/** The folded surname where it was not met before; null otherwise. Folds each spelling once. */
function surnamesOnce(): (surname: string) => string | null {
  const spellings = new Set<string>();
  const folded = new Set<string>();
  return (surname) => {
    if (spellings.has(surname)) return null;
    spellings.add(surname);
    const name = fold(surname);
    if (name === '' || folded.has(name)) return null;
    folded.add(name);
    return name;
  };
}

const randomBytes = 12;
const idsAtOnce = 1_024;

/**
 * Opaque ids: 3 random bytes shared by a batch, 12 of each row's own, base64url. Shared ones keep a batch's rows on
 * neighbouring index pages, which halves what an import writes. Random bytes come from a pool: asking the system
 * for each costs more than the row.
 */
function idSource(): { newBatch(): void; next(): string } {
  const pool = Buffer.alloc(randomBytes * idsAtOnce);
  let at = pool.length;
  let prefix = '';
  return {
    newBatch() {
      // Three bytes are four characters of base64url, so that the rest can be appended as text.
      prefix = randomFillSync(Buffer.alloc(3)).toString('base64url');
    },
    next() {
      if (at === pool.length) {
        randomFillSync(pool);
        at = 0;
      }
      at += randomBytes;
      return prefix + pool.toString('base64url', at - randomBytes, at);
    },
  };
}
