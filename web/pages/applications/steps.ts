/** The steps this console has a form for, and their names on buttons. The server offers names; one it invents later is not shown until we know it. */
import type { ApplicationState } from '../../../server/contract/vocabulary.ts';
import { t } from '../../i18n/words.svelte.ts';

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

/** The verb on the button; a review of what was approved already is a new one. */
export function stepLabel(name: StepName, state: ApplicationState): string {
  return name === 'start-review' && state === 'approved'
    ? t('applications.do.review-again')
    : t(`applications.do.${name}`);
}
