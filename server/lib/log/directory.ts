// A log as a directory of static files: `checkpoint`, `vkey`, `policy`, and the tiles and entry bundles of C2SP
// tlog-tiles. Made for a USB stick and for any web server: whoever reads tiles can follow it without this program.
// Writes only what agrees with the signed checkpoint; the checkpoint is written last, so that an export that was
// cut short never looks whole. Memory does not grow with the log.

import { mkdirSync, readdirSync } from 'node:fs';
import { encodeBundle } from './bundles.ts';
import { bindingLine, openCheckpoint } from './checkpoint.ts';
import { FileWriter } from './directory-files.ts';
import { parseVkey } from './note.ts';
import { parsePolicy } from './policy.ts';
import { TileBuilder, tileLevels, tilePath, tileWidth } from './tiles.ts';

/** What the export reads. The checkpoint, key and policy belong together: see `bindingLine`. */
export type LogSource = {
  /** The signed checkpoint to export; its size says how many entries leave. */
  readonly note: string;
  /** The verifier key, without a newline. */
  readonly vkey: string;
  /** The whole text of the witness policy. */
  readonly policyText: string;
  /** The leaves from `from` up to, not including, `to`, in order. */
  readLeaves(from: number, to: number): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
};

export type Progress = (done: number, total: number) => void;

export type ExportResult =
  | { readonly kind: 'ok'; readonly size: number; readonly root: Buffer; readonly files: number }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Writes the log to `dir`, which is made, or must be empty. A refusal leaves a directory without a checkpoint.
 * @throws what the file system throws (no space, no right to write)
 */
export async function exportDirectory(
  source: LogSource,
  dir: string,
  { onProgress }: { onProgress?: Progress } = {},
): Promise<ExportResult> {
  const { note, vkey, policyText } = source;
  const key = parseVkey(vkey);
  if (key.kind === 'refused') return { kind: 'refused', why: `the verifier key: ${key.why}` };
  const policy = parsePolicy(policyText);
  if (policy.kind === 'refused') return { kind: 'refused', why: `the policy: ${policy.why}` };
  const opened = openCheckpoint(note, [key.verifier]);
  if (opened.kind === 'refused') return { kind: 'refused', why: `the checkpoint: ${opened.why}` };
  const { size, root, extensions } = opened.checkpoint;
  if (!extensions.includes(bindingLine(`${vkey}\n`, policyText))) {
    return {
      kind: 'refused',
      why: 'the checkpoint was signed for another key or policy; sign a new one first',
    };
  }
  mkdirSync(dir, { recursive: true });
  if (readdirSync(dir).length > 0)
    return { kind: 'refused', why: 'the directory is not empty; name a new one' };

  const writer = new FileWriter(dir);
  const builder = new TileBuilder();
  const writeCompleted = () => {
    for (const { level, idx, hashes } of builder.takeCompleted()) {
      writer.write(tilePath({ level, idx, width: tileWidth }), hashes);
    }
  };
  let bundle: Uint8Array[] = [];
  const writeBundle = () => {
    const idx = Math.floor((builder.size - 1) / tileWidth);
    writer.write(tilePath({ level: 'entries', idx, width: bundle.length }), encodeBundle(bundle));
    bundle = [];
    writeCompleted();
    onProgress?.(builder.size, size);
  };
  for await (const leaf of source.readLeaves(0, size)) {
    if (builder.size === size)
      return { kind: 'refused', why: `more entries were read than the ${size} signed` };
    builder.appendLeafAt(leaf, 0, leaf.length);
    bundle.push(leaf);
    if (bundle.length === tileWidth) writeBundle();
  }
  if (bundle.length > 0) writeBundle();
  if (builder.size !== size) {
    return { kind: 'refused', why: `only ${builder.size} of the ${size} signed entries could be read` };
  }
  for (const { level, partial } of tileLevels(size)) {
    if (partial === 0) continue;
    const idx = Math.floor(size / tileWidth ** (level + 1));
    writer.write(tilePath({ level, idx, width: partial }), builder.partialTile(level));
  }
  const found = builder.root();
  if (!found.equals(root)) {
    return {
      kind: 'refused',
      why: 'the entries do not have the root that was signed; run "kuzot audit verify"',
    };
  }
  writer.write('vkey', Buffer.from(`${vkey}\n`));
  writer.write('policy', Buffer.from(policyText));
  writer.write('checkpoint', Buffer.from(note), true);
  return { kind: 'ok', size, root: found, files: writer.files };
}
