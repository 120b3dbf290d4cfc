// `kuzot audit export`: the log as static files, for a stick or a court. The export is an entry under the checkpoint that is
// exported, and witnesses are asked to cosign it first. Beside a running server that server makes the entry.
import { existsSync } from 'node:fs';
import { AppenderBusy } from '#db/errors.ts';
import type { Reader } from '#db/store.ts';
import { exportAudit } from '#server/audit/export.ts';
import { createMonitors, type SignedNote } from '#server/audit/monitors.ts';
import { storedTree } from '#server/audit/tree.ts';
import { deskOf, recordAtDesk } from '#server/backups/desk.ts';
import { enterExport } from '#server/export-at-desk.ts';
import type { Context } from '#server/gate/context.ts';
import type { Keys } from '#server/keys.ts';
import { openCheckpoint } from '#server/lib/log/checkpoint.ts';
import { parseVkey } from '#server/lib/log/note.ts';
import { checkCosignatures, witnessedBy } from '#server/lib/log/policy.ts';
import { sayWitnesses, withReadOnly } from './audit-verify.ts';
import {
  CommandFault,
  type Installation,
  keysOf,
  type Place,
  type PlaceOptions,
  placeOf,
  withInstallation,
} from './installation.ts';
import { showProgress } from './progress.ts';
import { credentialsOf, done, signedIn } from './sign-in.ts';

interface ExportOptions extends PlaceOptions {
  as?: string;
  offline?: boolean;
}

export async function exportLog(dir: string, options: ExportOptions): Promise<number> {
  const place = placeOf(options, process.env);
  if (options.offline) return await exportUnrecorded(place, dir);
  try {
    return await withInstallation(place, (installation) =>
      asExporter(installation, options.as, async (context) =>
        write(place, dir, done(await enterExport(installation.rooms, await context()))),
      ),
    );
  } catch (error) {
    if (!(error instanceof AppenderBusy)) throw error;
    const recorded = await recordedByServer(place, options.as);
    if (recorded !== null) return await write(place, dir, recorded);
    if (await isDemo(place)) return await exportUnrecorded(place, dir);
    throw new CommandFault(
      1,
      'A server is running on this database, and does not answer here: the export could not be recorded.',
      'Name its key folder (--keys), or stop it, or let an auditor fetch /api/audit/tile from it, or add --offline to go without an entry.',
    );
  }
}

/** The entry is the running server's to make; null when none listens in this key folder. */
async function recordedByServer({ keysDir }: Place, as: string | undefined): Promise<SignedNote | null> {
  const desk = deskOf(keysDir);
  if (desk === null || !existsSync(desk)) return null;
  const recorded = await recordAtDesk(desk, {
    record: 'audit.export',
    by: as === undefined ? null : await credentialsOf(as),
  });
  if (recorded?.kind === 'refused') throw new CommandFault(1, recorded.says, '');
  return recorded;
}

/** The system in a demo or before anybody works here; otherwise a named officer who signs in for it. */
async function asExporter<T>(
  installation: Installation,
  as: string | undefined,
  work: (context: () => Context | Promise<Context>) => Promise<T>,
): Promise<T> {
  if (as !== undefined) return signedIn(installation, as, (person) => work(person.context));
  if (!installation.isDemo)
    throw new CommandFault(2, 'An export is somebody’s: name the officer.', 'Add --as LOGIN.');
  return work(() => installation.asSystem('export'));
}

async function exportUnrecorded(place: Place, dir: string): Promise<number> {
  console.error('The server keeps the log: this export has no entry of its own in it.');
  return write(place, dir, null);
}

/** @param signed what to export; without it, what is there */
async function write(place: Place, dir: string, signed: SignedNote | null): Promise<number> {
  const keys = keysOf(place);
  return withReadOnly(place.database, async ({ log, reader }) => {
    const chosen = signed ?? (await newestWorthExporting(reader, keys));
    if (chosen === null) throw new CommandFault(1, 'Nothing was signed yet.', 'Start the server once.');
    const progress = showProgress('exporting');
    const result = await exportAudit(log, chosen.note, keys, dir, progress.update);
    progress.stop();
    if (result.kind === 'refused') throw new CommandFault(1, 'Nothing was exported.', result.why);
    console.log(
      `exported ${result.size} entries in ${result.files} files, root ${result.root.toString('base64')}`,
    );
    sayQuorum(chosen.note, keys);
    return 0;
  });
}

/** Entries may wait so long for their quorum before an export goes without it. */
const patienceMs = 600_000;

/** The newest checkpoint with a quorum, unless witnesses have been away for long; then the newest there is. */
async function newestWorthExporting(reader: Reader, keys: Keys): Promise<SignedNote | null> {
  const monitors = createMonitors(reader, storedTree(reader), keys.policy);
  const newest = await reader.audit.lastCheckpoint();
  if (newest === null) return null;
  const witnessed = await monitors.witnessed();
  if (witnessed === null || witnessed.size === newest.size) return monitors.cosigned(newest);
  const [next] = await reader.audit.entriesAt([witnessed.size]);
  const { t } = next ? (JSON.parse(Buffer.from(next.leaf).toString('utf8')) as { t?: unknown }) : {};
  if (typeof t !== 'number' || Date.now() - t > patienceMs) return monitors.cosigned(newest);
  console.error(
    `The newest ${newest.size - witnessed.size} entries wait for the quorum of witnesses and stay out.`,
  );
  return witnessed;
}

function sayQuorum(note: string, { vkeyText, policy }: Keys): void {
  const key = parseVkey(vkeyText.trimEnd());
  const opened = key.kind === 'ok' ? openCheckpoint(note, [key.verifier]) : key;
  if (opened.kind === 'refused') return;
  const cosigned = checkCosignatures(opened.body, opened.unknown, policy);
  if (cosigned.kind === 'refused') return;
  const witnessed = witnessedBy(cosigned, policy);
  if (policy.witnesses.length > 0) sayWitnesses(witnessed);
  if (!witnessed.quorumMet)
    console.error(`Too few witnesses cosigned it (${witnessed.quorum}): its check will say so.`);
}

async function isDemo({ database }: Place): Promise<boolean> {
  return withReadOnly(database, async ({ reader }) => (await reader.system.meta('demo')) !== null);
}
