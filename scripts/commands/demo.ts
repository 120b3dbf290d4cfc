// `kuzot demo code LOGIN`: plays the phone of a demo account, for people trying the demo out. Knows only accounts.json.
import { Command } from 'commander';
import { codeAt, stepSeconds } from '#server/lib/totp.ts';
import { readAccounts } from '../demo/place.ts';
import { CommandFault, guarded } from './installation.ts';

export function demoCommand(): Command {
  const demo = new Command('demo').description('help with trying out the demo');
  demo
    .command('code')
    .description('print the current second-factor code of a demo account')
    .argument('<login>')
    .action(
      guarded(async (login: string) => {
        const account = readAccounts().find((one) => one.login === login);
        if (!account)
          throw new CommandFault(2, `The demo has no account ${login}.`, 'See var/demo/accounts.json.');
        if (account.totpSecret === '')
          throw new CommandFault(
            1,
            `${login} has no second factor yet.`,
            'It is enrolled at the first log-in.',
          );
        console.log(codeAt(account.totpSecret, Date.now()));
        const left = stepSeconds - (Math.floor(Date.now() / 1000) % stepSeconds);
        console.error(`good for ${left} more seconds, once`);
        return 0;
      }),
    );
  return demo;
}
