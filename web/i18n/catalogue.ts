/**
 * The shape of the word lists. Kyrgyz is the model: its files say which keys exist, and the Russian and English
 * files must have exactly those. This file lists the areas and holds no words.
 *
 * A word list is a flat object; every key begins with its area ("voters.title"). A value is a sentence with
 * {placeholders}, or plural forms chosen by the placeholder {count}.
 */
import type acts from './ky/acts.ts';
import type alerts from './ky/alerts.ts';
import type applications from './ky/applications.ts';
import type approvals from './ky/approvals.ts';
import type audit from './ky/audit.ts';
import type calendar from './ky/calendar.ts';
import type changes from './ky/changes.ts';
import type compliance from './ky/compliance.ts';
import type details from './ky/details.ts';
import type emergency from './ky/emergency.ts';
import type factors from './ky/factors.ts';
import type help from './ky/help.ts';
import type home from './ky/home.ts';
import type officers from './ky/officers.ts';
import type policies from './ky/policies.ts';
import type problems from './ky/problems.ts';
import type protection from './ky/protection.ts';
import type rules from './ky/rules.ts';
import type samples from './ky/samples.ts';
import type session from './ky/session.ts';
import type shell from './ky/shell.ts';
import type status from './ky/status.ts';
import type voters from './ky/voters.ts';

export type Lang = 'ky' | 'ru' | 'en';
export const LANGS: readonly Lang[] = ['ky', 'ru', 'en'];

/** The names of the word-list files; `shell`, `session`, `problems` and `home` are always loaded. */
export type Area =
  | 'shell'
  | 'session'
  | 'problems'
  | 'home'
  | 'voters'
  | 'applications'
  | 'audit'
  | 'acts'
  | 'alerts'
  | 'approvals'
  | 'officers'
  | 'factors'
  | 'compliance'
  | 'calendar'
  | 'protection'
  | 'policies'
  | 'rules'
  | 'changes'
  | 'emergency'
  | 'details'
  | 'samples'
  | 'status'
  | 'help';

export const BASE_AREAS: readonly Area[] = ['shell', 'session', 'problems', 'home'];

export type Words = typeof shell &
  typeof session &
  typeof problems &
  typeof home &
  typeof voters &
  typeof applications &
  typeof audit &
  typeof acts &
  typeof alerts &
  typeof approvals &
  typeof officers &
  typeof factors &
  typeof compliance &
  typeof calendar &
  typeof protection &
  typeof policies &
  typeof rules &
  typeof changes &
  typeof emergency &
  typeof details &
  typeof samples &
  typeof status &
  typeof help;

export type Key = keyof Words & string;

/** Kyrgyz and English use `one` and `other`, Russian all four. `other` is always there. */
export interface Plural {
  readonly one?: string;
  readonly few?: string;
  readonly many?: string;
  readonly other: string;
}

export type Entry = string | Plural;

/** What a Russian or English file must be: `export default { … } satisfies SameAs<typeof ky>`. */
export type SameAs<Model> = { readonly [K in keyof Model]: Model[K] extends string ? string : Plural };

type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

/** The placeholders of a sentence, read from the Kyrgyz text; plural entries always take `count`. */
export type ParamNames<E> = E extends string
  ? Names<E>
  : E extends { other: infer O }
    ? 'count' | Names<O>
    : never;

export type Params<K extends Key> =
  ParamNames<Words[K]> extends never
    ? [params?: Record<string, never>]
    : [params: Record<ParamNames<Words[K]>, string | number>];
