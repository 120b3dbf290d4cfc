// What crosses HTTP about alerts. Voters appear as opaque ids; the stream carries rule, level and alert id, nothing more.
import { type Static, Type } from 'typebox';
import { alertCloseReasons, alertLevels, alertStates, approvalKinds } from './vocabulary.ts';

const strict = { additionalProperties: false };
const id = Type.String({ minLength: 8, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$' });
const login = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(t: T) => Type.Union([t, Type.Null()]);
const Words = Type.Object({ ky: Type.String(), ru: Type.String(), en: Type.String() }, strict);
const Person = Type.Object({ login: Type.String(), name: Type.String() }, strict);

export const AlertParams = Type.Object({ id }, strict);
export const AlertQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum([...alertStates])),
    level: Type.Optional(Type.Enum([...alertLevels])),
    after: Type.Optional(Type.String({ maxLength: 90, pattern: '^[0-9]{1,16}\\.[A-Za-z0-9_-]+$' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  },
  strict,
);
export type AlertQuery = Static<typeof AlertQuery>;

export const AlertItem = Type.Object(
  {
    id: Type.String(),
    /** The rule's id, its title as the rule file has it, and one sentence in three languages. */
    rule: Type.String(),
    title: Type.String(),
    message: orNull(Words),
    level: Type.Enum([...alertLevels]),
    state: Type.Enum([...alertStates]),
    version: Type.Integer(),
    commission: Type.String(),
    createdAt: Type.Integer(),
    updatedAt: Type.Integer(),
    /** By when a person must have looked. */
    dueAt: Type.Integer(),
    overdue: Type.Boolean(),
    /** Later firings folded into this alert. */
    folded: Type.Integer(),
    entries: Type.Integer(),
    assignee: orNull(Person),
    /** True while a first officer's closing waits for a second's (high and critical). */
    awaitsSecond: Type.Boolean(),
    /** True where this officer may not judge it: it is about them. */
    aboutMe: Type.Boolean(),
    /** What this officer may do now. */
    actions: Type.Array(Type.String()),
  },
  strict,
);
export type AlertItem = Static<typeof AlertItem>;

export const AlertPage = Type.Object({ items: Type.Array(AlertItem), next: orNull(Type.String()) }, strict);
export type AlertPage = Static<typeof AlertPage>;

export const AlertValue = Type.Object(
  {
    field: Type.String(),
    value: Type.String(),
    /** Whose id it is; `person` is null where the officer belongs to a unit outside the reader's. */
    officer: Type.Optional(Type.Object({ commission: Type.String(), person: orNull(Person) }, strict)),
    /** Which request it is the id of. */
    request: Type.Optional(
      Type.Object(
        {
          kind: Type.Enum([...approvalKinds]),
          commission: Type.String(),
          requestedAt: Type.Integer(),
          /** Whether the reader may open it. */
          mayView: Type.Boolean(),
        },
        strict,
      ),
    ),
  },
  strict,
);
export type AlertValue = Static<typeof AlertValue>;

export const AlertCard = Type.Object(
  {
    ...AlertItem.properties,
    ruleVersion: Type.String(),
    description: Type.String(),
    falsepositives: Type.Array(Type.String()),
    playbook: orNull(Type.String()),
    /** The condition that became true, as the rule states it. */
    condition: Type.Object(
      {
        type: Type.String(),
        threshold: Type.String(),
        windowSeconds: orNull(Type.Integer()),
        groupBy: Type.Array(Type.String()),
      },
      strict,
    ),
    /** The values it became true for; an id with what it names, as far as the reader may know. */
    values: Type.Array(AlertValue),
    voter: orNull(Type.String()),
    about: Type.Array(Person),
    /** Newest last; at most 200. `moreEntries` counts those left out. */
    timeline: Type.Array(
      Type.Object(
        {
          seq: Type.Integer(),
          at: Type.Integer(),
          act: Type.String(),
          outcome: Type.String(),
          officer: orNull(
            Type.Object(
              {
                login: Type.String(),
                name: Type.String(),
                role: Type.String(),
                commission: Type.String(),
              },
              strict,
            ),
          ),
          purpose: orNull(Type.String()),
          case: orNull(Type.String()),
          address: orNull(Type.String()),
          persons: Type.Integer(),
          changes: Type.Array(
            Type.Object(
              { field: Type.String(), old: Type.Optional(Type.String()), new: Type.Optional(Type.String()) },
              strict,
            ),
          ),
        },
        strict,
      ),
    ),
    moreEntries: Type.Integer(),
    steps: Type.Array(
      Type.Object(
        {
          at: Type.Integer(),
          action: Type.String(),
          by: Type.String(),
          login: Type.String(),
          note: Type.String(),
        },
        strict,
      ),
    ),
    closeReason: orNull(Type.Enum([...alertCloseReasons])),
    closeNote: orNull(Type.String()),
    closedBy: orNull(Person),
  },
  strict,
);
export type AlertCard = Static<typeof AlertCard>;

export const AlertAction = Type.Object(
  {
    expectedVersion: Type.Integer({ minimum: 1 }),
    /** assign: who is to look; oneself where absent. */
    assignee: Type.Optional(login),
    /** investigate: this is an incident. */
    incident: Type.Optional(Type.Boolean()),
    /** close: why, from the closed list, and in words. */
    reason: Type.Optional(Type.Enum([...alertCloseReasons])),
    note: Type.Optional(Type.String({ maxLength: 2000 })),
  },
  strict,
);
export type AlertAction = Static<typeof AlertAction>;
