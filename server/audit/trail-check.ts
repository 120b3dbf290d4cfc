// Whether what is searched of the log (the explorer, who looked at a voter, counts over time) is what the log says. These tables
// can be written by whoever has the database: a row taken out of them hides an act or an access from everybody who asks, though
// every entry is as it was signed. Each check draws its own salt. Reads only.
import { randomBytes } from 'node:crypto';
import type { EntryRun } from '#server/lib/log/entry-runs.ts';
import type { TrailSource, TrailVoter } from '#server/lib/log/trail-source.ts';
import {
  actKey,
  addPerson,
  addSums,
  bucketEntries,
  emptySums,
  type StoredTrail,
  type TrailChecked,
  type TrailSums,
} from './trail-run.ts';

const votersAtOnce = 5_000;

export class TrailCheck {
  readonly #source: TrailSource;
  readonly #salt = randomBytes(16).toString('hex');
  readonly #built: number;
  readonly #expected = emptySums();
  #wrongRow: number | null = null;

  private constructor(source: TrailSource, built: number) {
    this.#source = source;
    this.#built = built;
  }

  static async open(source: TrailSource): Promise<TrailCheck> {
    return new TrailCheck(source, await source.trailBuilt());
  }

  /** What is stored for a run, for `checkTrail`. */
  async stored({ first, count }: EntryRun): Promise<StoredTrail> {
    const to = Math.max(first, Math.min(first + count, this.#built));
    const rows = to === first ? '' : await this.#source.readTrailText(first, to);
    return { built: this.#built, rows, salt: this.#salt };
  }

  add({ wrongRow, sums }: TrailChecked): void {
    addSums(this.#expected, sums);
    if (wrongRow !== null) this.#wrongRow = Math.min(this.#wrongRow ?? wrongRow, wrongRow);
  }

  /** What is wrong, once every entry was added; null for nothing. @param size entries of the log */
  async fault(size: number): Promise<string | null> {
    if (this.#built > size) return `it claims to show ${this.#built} entries, and the log has ${size}`;
    if (this.#wrongRow !== null) return `of entry ${this.#wrongRow} it shows something else, or nothing`;
    const [stray] = await this.#source.strayTrail(this.#built);
    if (stray !== undefined)
      return `the table ${stray.table} has ${stray.count} row(s) of no entry, from ${stray.first} on`;
    const bucket = await this.#wrongPersons();
    if (bucket !== null)
      return `of the entries ${bucket * bucketEntries} to ${Math.min(size, (bucket + 1) * bucketEntries) - 1} it shows other persons than they name`;
    return (await this.#wrongCounts()) ? 'its counts over time are not those of the entries' : null;
  }

  async #wrongPersons(): Promise<number | null> {
    const found: TrailSums['persons'] = new Map();
    let after: TrailVoter | null = null;
    for (;;) {
      const rows: readonly TrailVoter[] = await this.#source.readTrailVoters(after, votersAtOnce);
      for (const { voter, seq } of rows) addPerson(found, this.#salt, voter, seq);
      if (rows.length < votersAtOnce) break;
      after = rows.at(-1)!;
      await new Promise<void>((resume) => setImmediate(resume));
    }
    const { persons } = this.#expected;
    const wrong = [...new Set([...persons.keys(), ...found.keys()])].filter(
      (bucket) => persons.get(bucket) !== found.get(bucket),
    );
    return wrong.length === 0 ? null : wrong.reduce((least, bucket) => Math.min(least, bucket));
  }

  async #wrongCounts(): Promise<boolean> {
    const { hours, acts } = this.#expected;
    const [storedHours, storedActs] = [await this.#source.readHours(), await this.#source.readActCounts()];
    return (
      storedHours.length !== hours.size ||
      storedActs.length !== acts.size ||
      storedHours.some(
        ({ hour, entries, refused, first, last }) =>
          hours.get(hour)?.join() !== [entries, refused, first, last].join(),
      ) ||
      storedActs.some(
        ({ act, outcome, inUnit, hour, entries }) => acts.get(actKey(act, outcome, inUnit, hour)) !== entries,
      )
    );
  }
}
