// `kuzot audit …`: take the log out as files, check every byte of it, prove an entry; the random re-check stands in sample.ts.
// What only reads works beside a running server, and an export, whose entry it makes; what else makes an entry needs the appender's
// place. Prints no voter.
import { Command, InvalidArgumentError } from 'commander';
import { exportLog } from './audit-export.ts';
import { prove } from './audit-proof.ts';
import { rebuild } from './audit-rebuild.ts';
import { verify } from './audit-verify.ts';
import { evidenceCommand } from './evidence.ts';
import { guarded, withPlace } from './installation.ts';
import { recoverCommand } from './recover.ts';
import { sampleCommand } from './sample.ts';

export function auditCommand(): Command {
  const command = new Command('audit').description(
    'the audit log: export, verify, prove, sample, evidence, rebuild, recover',
  );
  withPlace(command.command('export'))
    .description('write the log as static files (C2SP tlog-tiles); this is itself an entry')
    .argument('<dir>', 'a new or empty directory')
    .option('--as <login>', 'officer who exports; needed once officers are at work')
    .option('--offline', 'beside a running server: without an entry of its own')
    .action(guarded(exportLog));
  withPlace(command.command('verify'))
    .description('check every byte: of an exported directory, or of the database')
    .argument('[dir]', 'an exported directory; without it, the database')
    .option('--key <vkey>', 'verifier key kept outside (text or file)')
    .option('--checkpoint <file>', 'a checkpoint kept outside (text or file)')
    .option('--policy <file>', 'whose cosignatures count, instead of whom the log names (text or file)')
    .action(guarded(verify));
  withPlace(command.command('proof'))
    .description('prove that an entry is in the signed log, or that the log only grew; or check such a proof')
    .argument('[seq]', 'number of the entry', number)
    .option(
      '--voter <id>',
      'that the entry touched this voter; without an entry, all that did, a JSON line each',
    )
    .option('--as <login>', 'with --voter: auditor or protection officer who asks')
    .option('--from <size>', 'instead: that the log of this size, or of a checkpoint kept (file), only grew')
    .option('--to <size>', 'with --from: up to the checkpoint of this size (default: the newest)', number)
    .option('--draft', 'write the form of the tlog-proof draft, for readers that want it')
    .option('--out <file>', 'write it here instead of to standard output')
    .option('--check <file>', 'check a proof instead; needs nothing but the key')
    .option('--key <vkey>', 'with --check: verifier key kept outside (text or file)')
    .option('--policy <file>', 'with --check: the quorum of witnesses that must have cosigned (text or file)')
    .option('--leaf <file>', 'with --check: the entry itself, where the proof is of an entry')
    .action(guarded(prove));
  command.addCommand(recoverCommand());
  command.addCommand(sampleCommand());
  command.addCommand(evidenceCommand());
  withPlace(command.command('rebuild'))
    .description(
      'build what the explorer reads (search, accesses, counts) anew from the log; no entry changes',
    )
    .action(guarded(rebuild));
  return command;
}

function number(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('A number is 0 or more.');
  return value;
}
