// The command line. Knows the commands by name and loads only the one that is called; each says in its own file what it
// does. Exit codes: 0 done, 1 found something wrong, 2 the call is not right.
import { Command, CommanderError } from 'commander';

interface Entry {
  says: string;
  load: () => Promise<Command>;
}

const entries: Record<string, Entry> = {
  init: {
    says: 'make the database, its keys and the first two officers',
    load: async () => (await import('./commands/init.ts')).initCommand(),
  },
  officer: {
    says: 'register, activate, list, disable and reset accounts of officers',
    load: async () => (await import('./commands/officer.ts')).officerCommand(),
  },
  import: {
    says: 'take a list of commissions or voters from a CSV file',
    load: async () => (await import('./commands/import.ts')).importCommand(),
  },
  audit: {
    says: 'export, verify, prove and sample the audit log',
    load: async () => (await import('./commands/audit.ts')).auditCommand(),
  },
  demo: {
    says: 'help with trying out the demo',
    load: async () => (await import('./commands/demo.ts')).demoCommand(),
  },
  backup: {
    says: 'write an encrypted copy of the database, or check one',
    load: async () => (await import('./commands/backup.ts')).backupCommand(),
  },
  keys: {
    says: 'change the key that seals stored secrets',
    load: async () => (await import('./commands/keys.ts')).keysCommand(),
  },
  database: {
    says: 'encrypt the whole SQLite file, change its key, or write it in clear again',
    load: async () => (await import('./commands/database.ts')).databaseCommand(),
  },
  restore: {
    says: 'put a backup back as a database',
    load: async () => (await import('./commands/backup.ts')).restoreCommand(),
  },
  compact: {
    says: 'write the database anew without what was freed, once data were destroyed',
    load: async () => (await import('./commands/compact.ts')).compactCommand(),
  },
  rules: {
    says: 'check, test, run and compare detection rules',
    load: async () => (await import('./commands/rules.ts')).rulesCommand(),
  },
  policies: {
    says: 'check, compare, write out and put in force access policies',
    load: async () => (await import('./commands/policies.ts')).policiesCommand(),
  },
  conformance: {
    says: 'run published test vectors against this program',
    load: async () => (await import('./conformance/command.ts')).conformanceCommand(),
  },
};

// Whoever reads the output may stop early (`| head`): that is no fault of the command's.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const name = process.argv[2] ?? '';
const program = new Command('kuzot')
  .description('Guards a voter list: no durable audit entry, no data.')
  .helpCommand(false)
  .addHelpText(
    'after',
    '\nEvery command has its own --help. Exit codes: 0 done, 1 found something wrong, 2 usage.',
  );
for (const [known, { says, load }] of Object.entries(entries)) {
  // Unloaded commands stand here by name only, for the help and for "did you mean".
  program.addCommand(known === name ? await load() : new Command(known).description(says));
}
throwInsteadOfExit(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  const showedHelp = error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
  process.exitCode = showedHelp ? 0 : 2;
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError('Add --help to see what it takes.');
  for (const below of command.commands) throwInsteadOfExit(below);
}
