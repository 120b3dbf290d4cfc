// `--reason`, which goes into the log: as the console takes it, something is said and nothing is hidden from who reads it.
import { InvalidArgumentError, Option } from 'commander';
import { reason } from '#server/contract/officers.ts';
import { faultOf } from '#server/lib/checked.ts';
import { withNothingHidden } from '#server/lib/hidden-text.ts';

export const reasonOption = (says: string) =>
  new Option('--reason <text>', says).argParser((text: string) => {
    if (withNothingHidden(text) !== text)
      throw new InvalidArgumentError('Leave out characters that cannot be seen.');
    if (faultOf(reason, text) !== null) throw new InvalidArgumentError('Say in a few words why.');
    return text;
  });
