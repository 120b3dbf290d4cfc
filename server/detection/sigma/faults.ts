/**
 * What is wrong with a rule file, in a form a person can act on: which file, which rule, which field, what is
 * wrong, what to do next. Nothing here reads events, so no event's content can reach an error text.
 */
export type RuleFault = {
  readonly file: string;
  readonly rule: string;
  readonly field: string;
  readonly fault: string;
  readonly next: string;
};

/** One fault inside one document, thrown by the parsers and given its file and rule by whoever compiles it. */
export class Fault extends Error {
  readonly field: string;
  readonly next: string;
  constructor(field: string, fault: string, next: string) {
    super(fault);
    this.field = field;
    this.next = next;
  }
}

/** All faults of a rule set at once, so that an author repairs the directory in one go. */
export class RuleFaults extends Error {
  readonly faults: readonly RuleFault[];
  constructor(faults: readonly RuleFault[]) {
    super(faults.map(faultLine).join('\n'));
    this.name = 'RuleFaults';
    this.faults = faults;
  }
}

/** `file: rule: field: fault. Next: …` on one line. */
export function faultLine(fault: RuleFault): string {
  const where = [fault.file, fault.rule, fault.field].filter((part) => part !== '').join(': ');
  return `${where}: ${fault.fault}. Next: ${fault.next}`;
}

/** Names the rule and file of a `Fault`; anything else is a bug and is thrown on. */
export function placeFault(thrown: unknown, file: string, rule: string): RuleFault {
  if (!(thrown instanceof Fault)) throw thrown;
  return { file, rule, field: thrown.field, fault: thrown.message, next: thrown.next };
}
