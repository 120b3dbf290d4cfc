// Two officers put a set of files in force from the command line, while the server stands: one logs in and proposes, another
// logs in and approves exactly that.
import type { Command } from 'commander';
import type { Act } from '#server/contract/acts.ts';
import type { Context } from '#server/gate/context.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import type { Installation } from './installation.ts';
import { createAsker } from './prompt.ts';
import { reasonOption } from './reason.ts';
import { done, signedIn } from './sign-in.ts';

export interface ByTwo {
  proposer: string;
  approver: string;
  reason: string;
}

export const withTwo = (command: Command): Command =>
  command
    .requiredOption('--proposer <login>', 'a security officer')
    .requiredOption('--approver <login>', 'another security officer, or a central administrator')
    .addOption(reasonOption('why; it goes into the log').makeOptionMandatory());

interface Proposal {
  act: Act;
  /** What the proposer's factor is for. */
  hash: string;
  propose(context: Context): Promise<Outcome<{ id: string; hash: string }>>;
}

export async function byTwo(
  installation: Installation,
  { proposer, approver, reason }: ByTwo,
  { act, hash, propose }: Proposal,
): Promise<void> {
  const asker = createAsker();
  try {
    const asked = await signedIn(
      installation,
      proposer,
      async (person) => {
        await person.confirm(act, hash);
        return done(await propose(await person.context()));
      },
      asker,
    );
    await signedIn(
      installation,
      approver,
      async (person) => {
        await person.confirm('approval.approve', asked.hash);
        const context = await person.context();
        done(await installation.rooms.approvals.castVote(context, asked.id, 'approve', { reason }));
      },
      asker,
    );
  } finally {
    asker.close();
  }
}
