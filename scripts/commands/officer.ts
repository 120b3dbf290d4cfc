// `kuzot officer …`: accounts from the command line, by a named officer who signs in for it. The same use cases as the
// console's, so the same policies, second persons and entries; nothing here is a short cut.
import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { AppenderBusy } from '#db/errors.ts';
import { deskOf, type Listed, listAtDesk, type OfficersAsked } from '#server/backups/desk.ts';
import { type OfficerPage, type OfficerState, officerStates } from '#server/contract/officers.ts';
import { type Role, roles } from '#server/contract/vocabulary.ts';
import { addCalendarDays, bishkekDay, formatDateTime } from '#server/lib/dates.ts';
import { enableApproval } from '#server/officers/enable.ts';
import { activationHash, resetApproval } from '#server/officers/reset.ts';
import { checkedOfficer } from './first-officers.ts';
import {
  CommandFault,
  guarded,
  type Installation,
  type PlaceOptions,
  placeOf,
  withInstallation,
  withPlace,
} from './installation.ts';
import { createAsker } from './prompt.ts';
import { reasonOption } from './reason.ts';
import { credentialsOf, done, type SignedIn, signedIn } from './sign-in.ts';

interface One extends PlaceOptions {
  as: string;
}
interface AddOptions extends PlaceOptions {
  as: string[];
  login: string;
  name: string;
  role: Role;
  commission: string;
  order: string;
  until?: string;
}
interface ListOptions extends One {
  state?: OfficerState;
  role?: Role;
  commission?: string;
}
interface AskOptions extends PlaceOptions {
  as: string[];
  reason: string;
}

export function officerCommand(): Command {
  const officer = new Command('officer').description('accounts of officers');
  const sub = (name: string, says: string) =>
    withPlace(officer.command(name))
      .description(says)
      .addHelpText('after', '\nPassword and code are asked for, or read as lines of standard input.');
  const by = ['--as <login>', 'who does this'] as const;
  const everybody = [
    '--as <login>',
    'who asks, then who confirms; may be given several times',
    (login: string, before: string[] = []) => [...before, login],
  ] as const;
  sub('add', 'register an account; a role with powers of its own is confirmed by another officer')
    .requiredOption(...everybody)
    .requiredOption('--login <login>', 'log-in name of the new officer')
    .requiredOption('--name <name>', '"Surname Given-name Patronymic"')
    .addOption(new Option('--role <role>').choices(roles).makeOptionMandatory())
    .requiredOption('--commission <code>', 'where the officer belongs')
    .requiredOption('--order <number>', 'number of the order that clears for access (R28)')
    .option('--until <day>', 'last day of the clearance (default: a year from today)')
    .action(guarded(add));
  sub('activate', 'activate an account in person; shows its issued password once')
    .argument('<login>')
    .requiredOption(...by)
    .action(guarded(activate));
  sub('list', 'list accounts')
    .requiredOption(...by)
    .addOption(new Option('--state <state>').choices(officerStates))
    .addOption(new Option('--role <role>').choices(roles))
    .option('--commission <code>')
    .action(guarded(list));
  sub('disable', 'close an account; its sessions end at once')
    .argument('<login>')
    .requiredOption(...by)
    .addOption(reasonOption('why, for the log').makeOptionMandatory())
    .action(guarded(disable));
  sub('reset', 'take password and factor from an account whose phone is lost: one asks, two others confirm')
    .argument('<login>')
    .requiredOption(...everybody)
    .addOption(reasonOption('what happened').default('the second factor was lost'))
    .action(guarded(reset));
  sub('enable', 'open a disabled account again: one asks, another confirms, then it is activated in person')
    .argument('<login>')
    .requiredOption(...everybody)
    .addOption(reasonOption('why, for the log').makeOptionMandatory())
    .action(guarded(enable));
  sub('confirm', 'confirm what another officer asked for about an account')
    .argument('<approval>')
    .requiredOption(...by)
    .action(guarded(confirm));
  return officer;
}

const bySignedIn = (
  options: One,
  work: (installation: Installation, person: SignedIn) => Promise<number>,
): Promise<number> =>
  withInstallation(placeOf(options, process.env), (installation) =>
    signedIn(installation, options.as, (person) => work(installation, person)),
  );

function add(options: AddOptions): Promise<number> {
  const [surname = '', givenName = '', ...patronymic] = options.name.trim().split(/\s+/);
  const until = options.until ?? addCalendarDays(bishkekDay(Date.now()), 365);
  const input = checkedOfficer({
    login: options.login,
    surname,
    givenName,
    patronymic: patronymic.join(' '),
    role: options.role,
    commission: options.commission,
    clearance: { order: options.order, level: 'personal', until },
  });
  return askOthers(options, async ({ rooms }, person) => {
    const { login, approval } = done(await rooms.officers.registerOfficer(await person.context(), input));
    console.log(`${login} is registered. Another officer activates the account in person.`);
    return approval;
  });
}

function activate(login: string, options: One): Promise<number> {
  return bySignedIn(options, async (installation, person) => {
    const { id, version } = await officerNamed(installation, login);
    await person.confirm('officer.activate', activationHash(id));
    const context = await person.context();
    const issued = done(await installation.rooms.officers.activateOfficer(context, id, version));
    const until = formatDateTime(issued.expiresAt);
    console.log(`${issued.login}  password until ${until}: ${issued.temporaryPassword}`);
    return 0;
  });
}

async function list({ state, role, commission, ...options }: ListOptions): Promise<number> {
  const query = { ...(state && { state }), ...(role && { role }), ...(commission && { commission }) };
  const say = (one: { login: string; role: string; commission: string; state: string; name: string }) =>
    console.log([one.login, one.role, one.commission, one.state, one.name].join('\t'));
  try {
    return await bySignedIn(options, async ({ rooms }, person) => {
      let after: string | null = null;
      do {
        const page: Pick<OfficerPage, 'items' | 'next'> = done(
          await rooms.officers.listOfficers(await person.context(), {
            ...query,
            limit: 200,
            ...(after !== null && { after }),
          }),
        );
        for (const one of page.items) say(one);
        after = page.next;
      } while (after !== null);
      return 0;
    });
  } catch (error) {
    if (!(error instanceof AppenderBusy)) throw error;
    // A server appends, and an answer without an entry there is none: it is asked to answer.
    const listed = await listAtServer(options, query, error);
    if (listed.kind === 'refused') throw new CommandFault(1, listed.says, '');
    for (const one of listed.items) say(one);
    return 0;
  }
}

/** Throws AppenderBusy again when who writes there is no server of this key folder. */
async function listAtServer(
  options: One,
  query: OfficersAsked['query'],
  busy: AppenderBusy,
): Promise<Listed> {
  const desk = deskOf(placeOf(options, process.env).keysDir);
  if (desk === null || !existsSync(desk)) throw busy;
  const shown = await credentialsOf(options.as);
  const listed = await listAtDesk(desk, { list: 'officers', ...shown, query });
  if (listed === null) throw busy;
  return listed;
}

function disable(login: string, options: One & { reason: string }): Promise<number> {
  return bySignedIn(options, async (installation, person) => {
    const { id, version } = await officerNamed(installation, login);
    const input = { expectedVersion: version, reason: options.reason };
    done(await installation.rooms.officers.disableOfficer(await person.context(), id, input));
    console.log(`${login} is disabled.`);
    return 0;
  });
}

function reset(login: string, options: AskOptions): Promise<number> {
  return askOthers(options, async (installation, person) => {
    const { id, version } = await officerNamed(installation, login);
    await person.confirm('officer.reset-request', resetApproval({ id, login, version }).payloadHash);
    const input = { expectedVersion: version, reason: options.reason };
    return done(await installation.rooms.officers.requestReset(await person.context(), id, input)).approval;
  });
}

function enable(login: string, options: AskOptions): Promise<number> {
  return askOthers(options, async (installation, person) => {
    const { id, version } = await officerNamed(installation, login);
    await person.confirm('officer.enable-request', enableApproval({ id, login, version }).payloadHash);
    const input = { expectedVersion: version, reason: options.reason };
    return done(await installation.rooms.officers.requestEnable(await person.context(), id, input)).approval;
  });
}

function confirm(approval: string, options: One): Promise<number> {
  return bySignedIn(options, async (installation, person) => {
    say(approval, await approved(installation, person, approval));
    return 0;
  });
}

/** The first who signs in asks, the others confirm in turn. @param ask the approval that now waits, or null for none */
function askOthers(
  options: PlaceOptions & { as: string[] },
  ask: (installation: Installation, person: SignedIn) => Promise<string | null>,
): Promise<number> {
  return withInstallation(placeOf(options, process.env), async (installation) => {
    const asker = createAsker();
    const [first = '', ...others] = options.as;
    try {
      const approval = await signedIn(installation, first, (person) => ask(installation, person), asker);
      if (approval === null) return 0;
      let state = 'pending';
      for (const as of others)
        state = await signedIn(installation, as, (person) => approved(installation, person, approval), asker);
      say(approval, state);
    } finally {
      asker.close();
    }
    return 0;
  });
}

async function approved({ rooms, store }: Installation, person: SignedIn, id: string): Promise<string> {
  const found = await store.reader.approvals.byId(id);
  if (!found) throw new CommandFault(2, `There is no request ${id}.`, 'Ask whoever made it for its number.');
  await person.confirm('approval.approve', found.approval.payloadHash);
  return done(await rooms.approvals.castVote(await person.context(), id, 'approve', {})).state;
}

const say = (approval: string, state: string) =>
  console.log(
    state === 'executed'
      ? 'Confirmed and done. Another officer activates the account in person where that is still to come.'
      : `This waits for others: kuzot officer confirm ${approval} --as LOGIN`,
  );

async function officerNamed({ store: { reader } }: Installation, login: string) {
  const account = await reader.access.byLogin(login);
  if (!account) throw new CommandFault(2, `There is no officer ${login}.`, 'See kuzot officer list.');
  return account.officer;
}
