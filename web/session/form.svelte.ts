/**
 * What the forms of logging in share: one submission at a time, faults beside their fields, and a refused request
 * said in the reader's words.
 */
import { describeProblem } from '../i18n/problem.ts';

export interface Fault {
  readonly field?: string;
  readonly message: string;
}

export class Submission {
  busy = $state(false);
  faults = $state.raw<readonly Fault[]>([]);

  /** The message beside a field. */
  at(field: string): string | undefined {
    return this.faults.find((fault) => fault.field === field)?.message;
  }

  /** Sends when `faults` is empty. `explain` may turn a refusal into a fault of a field; else it is said above. */
  async run(
    faults: readonly Fault[],
    send: () => Promise<void>,
    explain?: (error: unknown) => Fault | undefined,
  ) {
    if (this.busy) return;
    this.faults = faults;
    if (faults.length > 0) return;
    this.busy = true;
    try {
      await send();
    } catch (error) {
      const said = describeProblem(error);
      this.faults = [explain?.(error) ?? { message: [said.title, said.next].filter(Boolean).join(' ') }];
    } finally {
      this.busy = false;
    }
  }
}
