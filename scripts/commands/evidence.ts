// `kuzot audit evidence verify FILE`: checks a bundle of evidence from its bytes alone, far from any database.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { checkEvidence } from '#server/audit/evidence-check.ts';
import { formatDateTimeSeconds } from '#server/lib/dates.ts';
import { withNothingHidden } from '#server/lib/hidden-text.ts';
import { isBroken, readKeys } from '#server/lib/log/outside.ts';
import { CommandFault, guarded } from './installation.ts';
import { say, wrong } from './say.ts';

export function evidenceCommand(): Command {
  const command = new Command('evidence').description('bundles of evidence taken from the audit log');
  command
    .command('verify')
    .description('check a bundle offline: every entry, proof and signature (server/audit/evidence.md)')
    .argument('<file>', 'the bundle')
    .option(
      '--key <vkey>',
      'verifier key kept elsewhere (text or file); without it the bundle’s own is believed',
    )
    .action(guarded(verify));
  return command;
}

async function verify(file: string, { key }: { key?: string }): Promise<number> {
  const kept = key === undefined ? null : readKeys(key);
  if (kept !== null && isBroken(kept)) return wrong(kept.where, kept.why);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new CommandFault(
      2,
      `${file} cannot be read.`,
      error instanceof Error ? error.message : 'Check the path.',
    );
  }
  const verdict = checkEvidence(bytes, kept);
  if (verdict.kind === 'broken') return wrong(verdict.where, verdict.why);
  const { manifest, entries, own, size, root, witnesses, erased } = verdict;
  const { name, login, role, commission } = manifest.exportedBy;
  say(`ok: ${entries.length} entries of ${manifest.log}, a log of ${size}, root ${root.toString('base64')}`);
  say(
    `exported as entry ${own}, ${formatDateTimeSeconds(manifest.exportedAt)}, by ${name} (${login}, ${role}, ${commission})`,
  );
  if (manifest.opened) say(`opened: events are in it, ${erased} of them erased`);
  if (witnesses.length > 0) say(`cosigned by ${witnesses.join(', ')}`);
  if (kept === null)
    console.error(
      `The key is the bundle’s own: compare it with one kept elsewhere, or add --key.\n  ${withNothingHidden(manifest.vkey)}`,
    );
  return 0;
}
