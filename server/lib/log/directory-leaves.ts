// The entries of an exported log, by number. Checks nothing: `verifyDirectory` says first whether they are the signed ones.
import { decodeBundle } from './bundles.ts';
import { FileReader } from './directory-files.ts';
import { tilePath, tileWidth } from './tiles.ts';

export class DirectoryLeaves {
  readonly size: number;
  readonly #files: FileReader;

  constructor(dir: string, size: number) {
    this.#files = new FileReader(dir);
    this.size = size;
  }

  /** Entries `from` to `to` (excluded), copied. @throws Error naming a bundle that is missing or broken */
  read(from: number, to: number): Buffer[] {
    const leaves: Buffer[] = [];
    for (let idx = Math.floor(from / tileWidth); idx * tileWidth < to; idx++) {
      const first = idx * tileWidth;
      const width = Math.min(tileWidth, this.size - first);
      const path = tilePath({ level: 'entries', idx, width });
      const bytes = this.#files.read(path);
      const bundle = bytes && decodeBundle(Buffer.from(bytes), width);
      if (bundle?.kind !== 'ok') throw new Error(`${path} is missing or broken`);
      leaves.push(...bundle.leaves.slice(Math.max(0, from - first), to - first));
    }
    return leaves;
  }
}
