// The seal of the log's end. Entries that no checkpoint covers yet are the one part of the log that nobody signed: whoever may
// write into the database could append one there, and the next checkpoint would take it in. So each batch writes, in its own
// transaction, a code over size and root under a key made of the signing key; what lies there without it is not signed.
import { createHash, createHmac, sign, timingSafeEqual } from 'node:crypto';
import type { Signer } from '#server/lib/log/note.ts';
import { LogDamaged } from '../errors.ts';
import type { WriteEngine } from './engine.ts';
import type { SignedHead } from './head-file.ts';
import type { TreeHead } from './resume.ts';

/** Where the database keeps it, in `meta`. */
export const tailKey = 'log-tail';

export class TailSeal {
  readonly #key: Buffer;

  /** Ed25519 signs one text always alike, and this one is no note: its signature is known to who has the key. */
  constructor({ privateKey }: Pick<Signer, 'privateKey'>) {
    this.#key = createHash('sha256')
      .update(sign(null, Buffer.from('kuzot log-tail 1'), privateKey))
      .digest();
  }

  of(tree: TreeHead): string {
    const code = createHmac('sha256', this.#key)
      .update(`${tree.size}\n`)
      .update(tree.root())
      .digest('base64');
    return `${tree.size} ${code}`;
  }

  holds(tree: TreeHead, sealed: string): boolean {
    const [found, made] = [Buffer.from(sealed), Buffer.from(this.of(tree))];
    return found.length === made.length && timingSafeEqual(found, made);
  }

  /** Within the transaction that appends. */
  async write(engine: WriteEngine, tree: TreeHead): Promise<void> {
    await engine.query(
      'insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
      [tailKey, this.of(tree)],
    );
  }

  /**
   * Whether what lies after the last checkpoint is what this log's keys sealed.
   * @param sealed what the database keeps under `tailKey` @param head what was signed last
   */
  covers(tree: TreeHead, sealed: string | null, head: Pick<SignedHead, 'size' | 'nth'> | null): boolean {
    if (tree.size === (head?.size ?? 0)) return true;
    // Signed by a version that sealed nothing.
    if (sealed === null) return head !== null && head.nth === null;
    return this.holds(tree, sealed);
  }

  /** @throws LogDamaged when it is not */
  async require(engine: WriteEngine, tree: TreeHead, head: SignedHead | null): Promise<void> {
    const [row] = await engine.query<{ value: string }>('select value from meta where key = ?', [tailKey]);
    if (!this.covers(tree, row?.value ?? null, head))
      throw new LogDamaged(
        `${tailFault(head?.size ?? 0, tree.size)} Keep this database as evidence and restore the newest untouched copy; if there ` +
          'is none, two officers record what was found with `kuzot audit recover`. Nothing is served until then.',
      );
  }
}

/** @param signed entries under the last checkpoint @param size entries found */
export const tailFault = (signed: number, size: number) =>
  `The ${size - signed} entries from ${signed} on, which no checkpoint covers yet, are not those this server wrote: entries were ` +
  'written past it, or taken away. Keep this database as evidence and restore the newest untouched copy.';
