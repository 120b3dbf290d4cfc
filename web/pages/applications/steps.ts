/** The steps this console has a form for. The server offers names; one it invents later is not shown until we know it. */
export const stepNames = [
  'check-identity',
  'receive',
  'enter',
  'start-review',
  'ask',
  'answer',
  'decide',
  'apply',
  'close',
  'reply',
  'archive',
  'withdraw',
  'redirect',
  'refuse-late',
] as const;
export type StepName = (typeof stepNames)[number];

export function isStepName(name: string): name is StepName {
  return (stepNames as readonly string[]).includes(name);
}
