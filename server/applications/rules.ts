// The one table of an application's life: which step leads from which state to which, and which act of the catalogue it
// is. The page's next steps and the server's checks both come from here (R12, R13, R16–R20, R25). Pure.
import type { Act } from '#server/contract/acts.ts';
import type { ApplicationKind, ApplicationState, CorrectableField } from '#server/contract/vocabulary.ts';

export interface Step {
  act: Act;
  from: readonly ApplicationState[];
  to: ApplicationState;
}

const handled: ApplicationState[] = ['received', 'at-territorial', 'in-review', 'needs-information'];

/** Name of the action in the route → the step. `decide` and `enter` say more in their use case. */
export const steps = {
  'check-identity': { act: 'application.check-identity', from: ['draft'], to: 'identity-checked' },
  receive: { act: 'application.receive', from: ['identity-checked'], to: 'received' },
  enter: { act: 'application.enter', from: ['received'], to: 'at-territorial' },
  'start-review': { act: 'application.start-review', from: ['at-territorial', 'approved'], to: 'in-review' },
  ask: { act: 'application.ask', from: ['in-review'], to: 'needs-information' },
  answer: { act: 'application.answer', from: ['needs-information'], to: 'in-review' },
  decide: { act: 'application.decide', from: ['in-review'], to: 'approved' },
  apply: { act: 'application.apply', from: ['approved'], to: 'applied' },
  close: { act: 'application.close', from: ['refused'], to: 'closed' },
  reply: { act: 'application.reply', from: ['applied', 'closed', 'late'], to: 'replied' },
  archive: { act: 'application.archive', from: ['replied'], to: 'archived' },
  withdraw: { act: 'application.withdraw', from: ['draft', 'identity-checked', ...handled], to: 'withdrawn' },
  redirect: {
    act: 'application.redirect',
    from: ['draft', 'identity-checked', ...handled],
    to: 'redirected',
  },
  'refuse-late': { act: 'application.refuse-late', from: ['draft', 'identity-checked'], to: 'late' },
} as const satisfies Record<string, Step>;

export type StepName = keyof typeof steps;

export function isStep(name: string): name is StepName {
  return Object.hasOwn(steps, name);
}

export function leadsFrom(name: StepName, state: string): boolean {
  return (steps[name].from as readonly string[]).includes(state);
}

/** Beside `create`: whoever takes one of these had a hand in the intake and never decides or applies (four eyes). */
export const intakeSteps: ReadonlySet<StepName> = new Set(['check-identity', 'receive', 'enter']);

/** States that lift the application's block when they are reached (R13). */
export const lifting: ReadonlySet<ApplicationState> = new Set([
  'applied',
  'closed',
  'withdrawn',
  'redirected',
]);

/**
 * Where a new application begins. What the voter sent electronically is received as it comes; too late, it waits for
 * the territory's reasoned refusal.
 */
export function firstState(channel: string, late: boolean): 'draft' | 'received' {
  return channel === 'electronic' && !late ? 'received' : 'draft';
}

/** What an approved application does to the list. */
export type Effect = 'correct' | 'move' | 'remove' | 'include' | 'none';

/** Voters at home and institutions' lists change the list only as far as they ask to (R23, R26). */
export function effectOf(kind: string, fields: readonly string[]): Effect {
  switch (kind as ApplicationKind) {
    case 'correction':
      return 'correct';
    case 'wrong-precinct':
      return 'move';
    case 'duplicate':
    case 'deceased':
      return 'remove';
    case 'missing':
      return 'include';
    case 'disability':
    case 'institution':
      if (fields.length === 0) return 'none';
      return fields.includes('precinct') ? 'move' : 'correct';
    default:
      return 'none';
  }
}

/** Changes of PIN or precinct, removals and inclusions ask a second person. */
export function asksSecondPerson(kind: string, fields: readonly string[]): boolean {
  const effect = effectOf(kind, fields);
  return (
    effect === 'move' ||
    effect === 'remove' ||
    effect === 'include' ||
    fields.includes('pin') ||
    fields.includes('precinct')
  );
}

/** What is about a voter on the list, and blocks the record while it is verified. */
export function needsVoter(kind: string, fields: readonly string[]): boolean {
  const effect = effectOf(kind, fields);
  return effect !== 'include' && effect !== 'none';
}

/**
 * Whether the territory that handles the application may change this voter: one of its own, or one who moves into the
 * application's precinct. Anybody else's voter is another territory's.
 */
export function mayChange(
  effect: Effect,
  application: { precinct: string },
  voter: { inReach: boolean },
  destination: string | undefined,
): boolean {
  return (
    voter.inReach || (effect === 'move' && (destination ?? application.precinct) === application.precinct)
  );
}

/** Kinds that make no sense without a change. */
export function mustAsk(kind: string): boolean {
  return kind === 'correction' || kind === 'wrong-precinct';
}

/** Which fields a kind may ask to change; an empty list means none. */
export function changeable(kind: string): readonly CorrectableField[] {
  // Whose relative or representative applies for them is named by what is to stand in the list (R22, R53).
  if (kind === 'correction' || kind === 'missing')
    return ['pin', 'surname', 'givenName', 'patronymic', 'birthDate', 'sex', 'address'];
  if (kind === 'wrong-precinct' || kind === 'disability' || kind === 'institution')
    return ['precinct', 'address'];
  return [];
}
