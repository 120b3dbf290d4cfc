// What the alerts room is handed by others: words of rules, entries as this officer may see them.
import type { Reader } from '#db/store.ts';
import type { AlertCard, AlertItem } from '#server/contract/alerts.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';

/** What a rule file says, for people. */
export interface RuleWords {
  title: string;
  description: string;
  falsepositives: string[];
  playbook: string | null;
  message: AlertItem['message'];
  condition: AlertCard['condition'];
}

export interface AlertDeps {
  gate: Gate;
  /** Null for a rule no longer in force. */
  describeRule(key: string): RuleWords | null;
  /** Entries as this officer may see them, oldest first. */
  timeline(ctx: Context, reader: Reader, seqs: readonly number[]): Promise<AlertCard['timeline']>;
  /** Told after an alert changed: pokes those who follow. */
  onChange: () => void;
}
