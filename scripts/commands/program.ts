// The command line as one program. Knows the commands by name and loads only the one that is called; each says in its own
// file what it does. Exit codes: 0 done, 1 found something wrong, 2 the call is not right.
import { Command, CommanderError } from 'commander';

interface Entry {
  says: string;
  load: () => Promise<Command>;
}

const entries: Record<string, Entry> = {
  init: {
    says: 'make the database, its keys and the first two officers',
    load: async () => (await import('./init.ts')).initCommand(),
  },
  officer: {
    says: 'register, activate, list, disable and reset accounts of officers',
    load: async () => (await import('./officer.ts')).officerCommand(),
  },
  import: {
    says: 'take a list of commissions or voters from a CSV file',
    load: async () => (await import('./import.ts')).importCommand(),
  },
  audit: {
    says: 'export, verify, prove and sample the audit log',
    load: async () => (await import('./audit.ts')).auditCommand(),
  },
  demo: {
    says: 'help with trying out the demo',
    load: async () => (await import('./demo.ts')).demoCommand(),
  },
  backup: {
    says: 'write an encrypted copy of the database, or check one',
    load: async () => (await import('./backup.ts')).backupCommand(),
  },
  keys: {
    says: 'change the key that seals stored secrets',
    load: async () => (await import('./keys.ts')).keysCommand(),
  },
  database: {
    says: 'encrypt the whole SQLite file, change its key, or write it in clear again',
    load: async () => (await import('./database.ts')).databaseCommand(),
  },
  restore: {
    says: 'put a backup back as a database',
    load: async () => (await import('./backup.ts')).restoreCommand(),
  },
  compact: {
    says: 'write the database anew without what was freed, once data were destroyed',
    load: async () => (await import('./compact.ts')).compactCommand(),
  },
  rules: {
    says: 'check, test, run and compare detection rules',
    load: async () => (await import('./rules.ts')).rulesCommand(),
  },
  policies: {
    says: 'check, compare, write out and put in force access policies',
    load: async () => (await import('./policies.ts')).policiesCommand(),
  },
  conformance: {
    says: 'run published test vectors against this program',
    load: async () => (await import('../conformance/command.ts')).conformanceCommand(),
  },
};

/** Carries out one command line. @param args what follows the program's name @returns the exit code; bugs are thrown */
export async function runKuzot(args: readonly string[]): Promise<number> {
  const name = args[0] ?? '';
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
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const showedHelp = error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
    return showedHelp ? 0 : 2;
  }
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showHelpAfterError('Add --help to see what it takes.');
  for (const below of command.commands) throwInsteadOfExit(below);
}
