// What the alerts room is handed by others: words of rules, entries as this officer may see them.
import type { Reader } from '#db/store.ts';
import type { AlertCard, AlertItem, AlertValue } from '#server/contract/alerts.ts';
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
  /** What a request for approval is about, for an officer within whose reach it lies; null where it does not, or is gone. */
  describeRequest(ctx: Context, reader: Reader, id: string): Promise<AlertValue['request'] | null>;
  /** Told after an alert changed: pokes those who follow. */
  onChange: () => void;
}
