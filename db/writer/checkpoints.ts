// Signs the log's head: what was appended is read back from the database and recomputed first, the note is stored, then
// the head file is written, and only then is the note handed out. Never signs before durable, nor one size twice.
import { signCheckpoint } from '#server/lib/log/checkpoint.ts';
import type { Signer } from '#server/lib/log/note.ts';
import type { TileBuilder } from '#server/lib/log/tiles.ts';
import { LogDamaged } from '../errors.ts';
import type { WriteEngine } from './engine.ts';
import { writeHead } from './head-file.ts';
import { advance, type ResumedLog, type Signed, type TreeHead } from './resume.ts';

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
  #signed: Signed | null;
  #target: { size: number; root: Buffer } | null = null;

  constructor(deps: CheckpointDeps, { verified, signed }: ResumedLog) {
    this.#deps = deps;
    this.#verified = verified;
    this.#signed = signed;
  }

  /** The last note handed out or stored. */
  get last(): Signed | null {
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
    const note = signCheckpoint({ origin, size, root, extensions }, signer);
    await engine.begin();
    await engine.query('insert into checkpoint (size, note) values (?, ?)', [size, note]);
    await engine.commit();
    await writeHead(headFile, { size, root }, note);
    this.#signed = { size, root, note };
  }
}
