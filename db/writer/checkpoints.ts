// Signs the log's head: what was appended is read back from the database and recomputed first; then the head file
// remembers the note, then the database, and only then is it handed out. So whoever holds a note, the head file knew it
// before. Never signs before durable, nor one size twice.
import { numberLine, signCheckpoint } from '#server/lib/log/checkpoint.ts';
import type { Signer } from '#server/lib/log/note.ts';
import type { TileBuilder } from '#server/lib/log/tiles.ts';
import { LogDamaged, LogRolledBack } from '../errors.ts';
import type { WriteEngine } from './engine.ts';
import { readHead, type SignedHead, writeHead } from './head-file.ts';
import { advance, type ResumedLog, type TreeHead } from './resume.ts';

export interface CheckpointDeps {
  engine: WriteEngine;
  signer: Signer;
  origin: string;
  headFile: string;
  /** Lines signed after the root (see `bindingLine`). */
  extensions: readonly string[];
}

const sliceLeaves = 1_000;

export class Checkpoints {
  readonly #deps: CheckpointDeps;
  #verified: TileBuilder;
  #signed: SignedHead | null;
  /** What the head file held when it was last read or written here. */
  #head: SignedHead | null;
  /** Checkpoints stored so far. */
  #stored: number;
  #target: { size: number; root: Buffer } | null = null;

  constructor(deps: CheckpointDeps, { verified, signed, checkpoints }: ResumedLog, head: SignedHead | null) {
    this.#deps = deps;
    this.#head = head;
    this.#verified = verified;
    this.#signed = signed;
    this.#stored = checkpoints;
  }

  /** The last note handed out or stored. */
  get last(): SignedHead | null {
    return this.#signed;
  }

  get working(): boolean {
    return this.#target !== null;
  }

  /** Aims at the present tree unless a signature is already under way. */
  aim(tree: TreeHead): void {
    this.#target ??= { size: tree.size, root: tree.root() };
  }

  /**
   * One slice of work, short enough to stand between two batches; true when it signed.
   * @throws LogDamaged when the bytes read back do not give the tree that was built from the bytes written
   */
  async step(): Promise<boolean> {
    const target = this.#target;
    if (target === null) return false;
    const verified = this.#verified;
    await advance(this.#deps.engine, verified, Math.min(target.size, verified.size + sliceLeaves));
    if (verified.size < target.size) return false;
    if (!verified.root().equals(target.root)) {
      throw new LogDamaged(
        `Read back from the database, the first ${target.size} entries give another tree than the one written. ` +
          'No checkpoint was signed. Check the disk and memory of this machine.',
      );
    }
    this.#target = null;
    if (this.#signed?.size === target.size) return true;
    await this.#sign(target);
    return true;
  }

  async #sign({ size, root }: { size: number; root: Buffer }): Promise<void> {
    const { engine, signer, origin, headFile, extensions } = this.#deps;
    await this.#holdAgainstOthers(size);
    const nth = this.#stored + 1;
    const note = signCheckpoint({ origin, size, root, extensions: [...extensions, numberLine(nth)] }, signer);
    const head = { size, root, note, nth };
    await writeHead(headFile, head);
    this.#head = head;
    await engine.begin();
    await engine.query('insert into checkpoint (size, note) values (?, ?)', [size, note]);
    await engine.commit();
    this.#signed = head;
    this.#stored = nth;
  }

  /**
   * Threat: two servers with a copy of the database each would sign the same sizes. The head file belongs to one log.
   * A head that is gone or went back is put right by the next one: this process knows what it signed.
   */
  async #holdAgainstOthers(size: number): Promise<void> {
    const { headFile, signer } = this.#deps;
    const found = await readHead(headFile, [signer.verifier]);
    const known = this.#head;
    if (found === null || found.size < (known?.size ?? 0) || found.note === known?.note) return;
    throw new LogRolledBack(
      `The head file ${headFile} shows that ${found.size} entries were signed elsewhere while this server, which has ` +
        `${size}, signed ${known?.size ?? 0} last: another server works with the same keys on another database. ` +
        'No checkpoint was signed. Stop one of them, then start the one whose database holds what the file shows.',
    );
  }
}
