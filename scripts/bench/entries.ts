// The entry every measurement of the log is made with: an officer of five hundred opens the card of a voter of twenty thousand.
import { draftEntry } from '#server/gate/leaf.ts';

export const draft = (n: number) =>
  draftEntry(
    {
      t: 1_770_000_000_000 + n,
      act: 'voter.view',
      outcome: 'done',
      actor: `officer-${n % 500}`,
      role: 'precinct-member',
      commission: '1001',
      session: `session-${n % 500}`,
      request: `request-${n}`,
      policy: 'precinct-finds',
      node: 'bench',
      address: '127.0.0.1',
      workstation: '',
    },
    { subjects: [`voter-${n % 20_000}`], detail: { precinct: '1001' } },
  );
