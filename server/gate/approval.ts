// What a kind of approval is: one file in the room it belongs to says who asks, who decides, how many, and what follows.
// The approvals room runs them all alike and knows none of them by name.
import type { Change, Reader } from '#db/store.ts';
import type { Act } from '#server/contract/acts.ts';
import type { ApprovalKind } from '#server/contract/vocabulary.ts';
import type { Flag } from '#server/policy/relation.ts';
import type { EntryAbout } from './leaf.ts';
import type { Refusal } from './outcome.ts';

/** What completing an approval changes, or why it cannot any more. */
export type Execution =
  | {
      changes: Change[];
      about: EntryAbout;
      /** Called once all of it is durable; must not throw. */
      after?: () => void | Promise<void>;
    }
  | Refusal;

export interface ApprovalRule {
  kind: ApprovalKind;
  /** The act it is asked for under. Whoever asked must still hold it when the last approval carries it out. */
  asks: Act;
  /** Another act that asks for it besides what it does itself. */
  asksToo?: Act;
  /** Asked for what lies outside the officer's own unit: then only the duty is held against them. */
  asksOutside?: true;
  /** Persons besides the one who asks; the row of a request carries it too. */
  needed: 1 | 2;
  /** One of them sits at the central commission: what leaves, or can never be brought back (R37). */
  central: boolean;
  /** The fact by which policies tell who decides on this kind; without it approvers do. */
  flag?: Flag;
  /** How this officer is tied to what is asked for, beyond having asked for it themselves. */
  ties?(reader: Reader, payload: string, officer: string): Promise<Flag[]>;
  /** Members of the payload that whoever decides may see; ids of people and records are never among them. */
  shown: readonly string[];
  /** Whether a listed batch of them may be approved with one factor. Not what takes effect at the vote. */
  batch?: true;
  /**
   * Carried out in the very commit of the last approval, given by this officer. Without it the approval waits for an act of its
   * own:
   */
  execute?(
    reader: Reader,
    payload: string,
    by: { officer: string; at: number; id: string },
  ): Promise<Execution>;
  /** … this one, offered on the page under this name once it is approved. */
  follows?: { act: Act; offers: string };
}

/** Makes a kind from its parts; says in one place that a kind either executes at once or waits for an act. */
export function approvalRule(rule: ApprovalRule): ApprovalRule {
  return rule;
}
