// `kuzot audit sample …`: the random re-check of administrators (R32) at the terminal: fix a period, throw, show, and repeat
// every draw of an exported log. What makes an entry needs the appender's place and an auditor who signs in.
import { Command, InvalidArgumentError, Option } from 'commander';
import type { SampleCard } from '#server/contract/samples.ts';
import { type SampleSource, sampleConfidences, sampleRates } from '#server/contract/vocabulary.ts';
import { formatDateTimeSeconds, type Lang } from '#server/lib/dates.ts';
import { DirectoryLeaves } from '#server/lib/log/directory-leaves.ts';
import { verifyDirectory } from '#server/lib/log/verify-directory.ts';
import { type Verdict, verifySamples } from '#server/samples/verify.ts';
import { guarded, type PlaceOptions, placeOf, withInstallation, withPlace } from './installation.ts';
import { showProgress } from './progress.ts';
import { createAsker } from './prompt.ts';
import { claimSentence, langs, sizeSentence } from './sample-words.ts';
import { say, wrong } from './say.ts';
import { done, signedIn } from './sign-in.ts';

export function sampleCommand(): Command {
  const command = new Command('sample').description(
    'the random re-check of administrators (R32): fix a period, throw dice, judge, repeat',
  );
  const lang = () =>
    new Option('--lang <lang>', 'language of the sentences to read out').choices([...langs]).default('en');
  withPlace(command.command('fix'))
    .description('fix a period under a signed checkpoint, before any dice; says how many will be drawn')
    .requiredOption('--as <login>', 'auditor who fixes it')
    .requiredOption('--to <day>', 'last day, YYYY-MM-DD; until now when it is today')
    .option('--from <day>', 'first day (default: where the last sample ended)')
    .addOption(
      new Option('--confidence <percent>', 'certainty (default: policies/sampling.yml)').choices(
        sampleConfidences.map(String),
      ),
    )
    .addOption(
      new Option('--rate <per-mille>', 'wrong acts in a thousand to be found').choices(
        sampleRates.map(String),
      ),
    )
    .option('--reason <text>', 'why entries fixed before are drawn from again')
    .addOption(lang())
    .action(guarded(fix));
  withPlace(command.command('draw'))
    .description('show the published checkpoint, take the dice, draw; a period is drawn once')
    .argument('<number>', 'number of the sample', sampleNumber)
    .requiredOption('--as <login>', 'auditor who types the digits')
    .option('--public', 'the digits are of a public source, not of dice')
    .option('--note <text>', 'who threw and who saw it, or where it was published')
    .action(guarded(draw));
  withPlace(command.command('show'))
    .description('list the samples, or one with what was drawn and found')
    .argument('[number]', 'number of the sample', sampleNumber)
    .requiredOption('--as <login>', 'auditor, or supervisor with something to judge')
    .option('--json', 'as JSON')
    .addOption(lang())
    .action(guarded(show));
  command
    .command('verify')
    .description('repeat every draw of an exported log from its files alone')
    .argument('<dir>', 'an exported directory')
    .option('--key <vkey>', 'verifier key kept outside (text or file)')
    .option('--checkpoint <file>', 'a checkpoint kept outside (text or file)')
    .option('--json', 'one JSON line a sample')
    .action(guarded(verify));
  return command;
}

function sampleNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('A sample has a number from 1.');
  return Number(text);
}

interface FixOptions extends PlaceOptions {
  as: string;
  to: string;
  from?: string;
  confidence?: string;
  rate?: string;
  reason?: string;
  lang: Lang;
}

async function fix({ as, to, from, confidence, rate, reason, lang, ...place }: FixOptions): Promise<number> {
  return withInstallation(placeOf(place, process.env), ({ rooms, ...rest }) =>
    signedIn({ rooms, ...rest }, as, async (person) => {
      const fixed = done(
        await rooms.samples.fixSample(await person.context(), {
          to,
          ...(from !== undefined && { from }),
          ...(confidence !== undefined && { confidence: Number(confidence) as 95 }),
          ...(rate !== undefined && { rate: Number(rate) as 50 }),
          ...(reason !== undefined && { reason }),
        }),
      );
      const card = done(await rooms.samples.viewSample(await person.context(), fixed.number));
      console.log(
        `sample ${fixed.number}: entries ${card.first} to ${card.next - 1}, fixed by entry ${fixed.entry}`,
      );
      console.log(sizeSentence(lang, card));
      showPublished(card);
      console.log(`Now throw, then: kuzot audit sample draw ${fixed.number} --as ${as}`);
      return 0;
    }),
  );
}

/** What is read out before anybody throws. */
function showPublished({ published }: SampleCard): void {
  if (!published) return;
  console.log('Published checkpoint, to be read out before the dice:');
  for (const line of published.note.split('\n').slice(0, 3)) console.log(`  ${line}`);
}

interface DrawOptions extends PlaceOptions {
  as: string;
  public?: boolean;
  note?: string;
}

async function draw(number: number, { as, note, ...options }: DrawOptions): Promise<number> {
  const source: SampleSource = options.public ? 'public' : 'dice';
  return withInstallation(placeOf(options, process.env), async ({ rooms, ...rest }) => {
    const asker = createAsker();
    try {
      return await signedIn(
        { rooms, ...rest },
        as,
        async (person) => {
          const { samples } = rooms;
          const before = done(await samples.viewSample(await person.context(), number));
          if (before.state === 'fixed') showPublished(before);
          const digits = await asker.ask(
            source === 'dice' ? 'Dice, in the order thrown' : 'Digits as published',
          );
          done(
            await samples.drawSample(await person.context(), number, {
              expectedVersion: before.version,
              source,
              digits,
              ...(note !== undefined && { note }),
            }),
          );
          showItems(done(await samples.viewSample(await person.context(), number)));
          return 0;
        },
        asker,
      );
    } finally {
      asker.close();
    }
  });
}

interface ShowOptions extends PlaceOptions {
  as: string;
  json?: boolean;
  lang: Lang;
}

async function show(number: number | undefined, { as, json, lang, ...place }: ShowOptions): Promise<number> {
  return withInstallation(placeOf(place, process.env), async ({ rooms, store, ...rest }) => {
    await store.settled();
    return signedIn({ rooms, store, ...rest }, as, async (person) => {
      const { samples } = rooms;
      if (number === undefined) {
        const { items } = done(await samples.listSamples(await person.context()));
        for (const item of items)
          console.log(
            json
              ? JSON.stringify(item)
              : [
                  item.number,
                  item.state,
                  `${formatDateTimeSeconds(item.fromAt)} – ${formatDateTimeSeconds(item.toAt)}`,
                  `${item.wanted} of ${item.population}`,
                  `open ${item.counts.open + item.counts.toSign}`,
                  `overdue ${item.counts.overdue}`,
                ].join('  '),
          );
        if (items.length === 0) console.log('Nothing was fixed yet.');
        return 0;
      }
      const card = done(await samples.viewSample(await person.context(), number));
      if (json) console.log(JSON.stringify(card));
      else {
        console.log(sizeSentence(lang, card));
        if (card.draw) console.log(`digits ${card.draw.digits}, seed ${card.draw.seed}`);
        else showPublished(card);
        showItems(card);
        if (card.closed) console.log(claimSentence(lang, card, card.closed.mostWrong));
      }
      return 0;
    });
  });
}

function showItems({ items }: SampleCard): void {
  for (const { seq, entry, reviewer, signer, state, finding } of items)
    console.log(
      [
        seq,
        entry ? formatDateTimeSeconds(entry.at) : '-',
        entry?.officer?.login ?? '-',
        entry?.act ?? '-',
        `reviewer ${(state === 'to-sign' ? signer : reviewer)?.login ?? 'nobody'}`,
        finding ?? state,
      ].join('  '),
    );
}

interface VerifyOptions {
  key?: string;
  checkpoint?: string;
  json?: boolean;
}

async function verify(dir: string, { key, checkpoint, json }: VerifyOptions): Promise<number> {
  const first = showProgress('verifying the log');
  const log = await verifyDirectory(dir, { vkey: key, checkpoint, onProgress: first.update });
  first.stop();
  if (log.kind === 'broken') return wrong(log.where, log.why);
  const second = showProgress('repeating the draws');
  const { verdicts, faults } = await verifySamples(new DirectoryLeaves(dir, log.size), second.update);
  second.stop();
  for (const verdict of verdicts) say(json ? JSON.stringify(verdict) : told(verdict));
  for (const { number, faults: its } of verdicts) for (const fault of its) wrong(`sample ${number}`, fault);
  for (const fault of faults) wrong('the samples', fault);
  if (verdicts.length === 0 && faults.length === 0) console.log('No period was fixed in this log.');
  return faults.length > 0 || verdicts.some((verdict) => verdict.faults.length > 0) ? 1 : 0;
}

function told({ number, fix, fixEntry, drawEntry, draw, findings, closed, faults }: Verdict): string {
  const { inOrder, irregular, cannotTell, open } = findings;
  return [
    `${faults.length === 0 ? 'ok' : 'WRONG'}: sample ${number}`,
    `entries ${fix.first} to ${fix.next - 1}`,
    `${fix.n} of ${fix.population}`,
    `fixed by entry ${fixEntry}${fix.repeats === undefined ? '' : `, repeats sample ${fix.repeats}`}`,
    draw ? `drawn by entry ${drawEntry} with ${draw.digits}` : 'not drawn',
    ...(draw
      ? [`in order ${inOrder}, irregular ${irregular}, cannot be told ${cannotTell}, open ${open}`]
      : []),
    ...(closed ? ['closed'] : []),
  ].join('; ');
}
