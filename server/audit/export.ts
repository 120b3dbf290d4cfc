// The log as files for a stick or a web server. The export is an entry of its own, durable and under the checkpoint that is
// exported, before the first file is written.
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import {
  type ExportResult,
  exportDirectory,
  type LogSource,
  type Progress,
} from '#server/lib/log/directory.ts';

/** Key and policy as published, last newline included. */
export interface Published {
  vkeyText: string;
  policyText: string;
}

/** Writes the log up to a signed checkpoint. @throws what the file system throws */
export async function exportAudit(
  log: Pick<LogSource, 'readLeaves'>,
  note: string,
  { vkeyText, policyText }: Published,
  dir: string,
  onProgress?: Progress,
): Promise<ExportResult> {
  const source: LogSource = {
    note,
    vkey: vkeyText.trimEnd(),
    policyText,
    readLeaves: (from, to) => log.readLeaves(from, to),
  };
  return exportDirectory(source, dir, onProgress ? { onProgress } : {});
}

/** Records that the log is exported, and answers with a checkpoint that covers the record. */
export async function recordExport(
  gate: Gate,
  ctx: Context,
): Promise<Outcome<null> & { note?: { size: number; note: string } }> {
  const outcome = await gate.read<null, null>(ctx, 'audit.export', {
    locate: async () => ({ record: null, unit: null }),
    release: () => ({ kind: 'release', value: null, about: {} }),
  });
  return outcome.kind === 'done' ? { ...outcome, note: await gate.checkpoint(outcome.entry) } : outcome;
}
