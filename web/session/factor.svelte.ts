/**
 * The state of one question for a second factor: which way it is shown, what was typed, and what was wrong with it. Shared by
 * log-in and by the dialog that confirms an act.
 */
import type { AskPasskey, PasskeyShown } from '../../server/contract/factors.ts';
import type { Factor } from '../../server/contract/vocabulary.ts';
import { ApiProblem } from '../api.ts';
import { t } from '../i18n/words.svelte.ts';
import { readCode } from './code.ts';
import { type Fault, Submission } from './form.svelte.ts';
import { explainPasskey, passkeysWork, showPasskey } from './passkey.ts';

export type Shown =
  | { readonly factor: 'passkey'; readonly passkey: PasskeyShown }
  | { readonly factor: 'totp' | 'recovery-code'; readonly code: string };

export class FactorQuestion {
  way = $state<Factor>('totp');
  typed = $state('');
  readonly form = new Submission();
  readonly ways: readonly Factor[];
  readonly #field: string;

  /** @param field id of the field a code is typed into */
  constructor(ways: readonly Factor[], field: string) {
    // A browser without passkeys is offered what else there is.
    const usable = ways.filter((way) => way !== 'passkey' || passkeysWork());
    this.ways = usable.length > 0 ? usable : ways;
    this.way = this.ways[0] ?? 'totp';
    this.#field = field;
  }

  /** Reads or asks for the factor and sends it; a refusal is said beside the field, or above where there is none. */
  ask(target: AskPasskey, send: (shown: Shown) => Promise<void>): Promise<void> {
    const { way } = this;
    if (way === 'passkey')
      return this.form.run(
        [],
        async () => send({ factor: way, passkey: await showPasskey(target) }),
        (error) => {
          const said = isWrong(error) ? t('session.passkey.wrong') : explainPasskey(error);
          return said === undefined ? undefined : { message: said };
        },
      );
    const code = way === 'totp' ? readCode(this.typed) : this.typed.trim() || undefined;
    const malformed = t(way === 'totp' ? 'session.totp.malformed' : 'session.recovery.missing');
    const faults: Fault[] = code === undefined ? [{ field: this.#field, message: malformed }] : [];
    return this.form.run(
      faults,
      async () => send({ factor: way, code: code ?? '' }),
      (error) => {
        this.typed = '';
        if (!isWrong(error)) return undefined;
        return {
          field: this.#field,
          message: t(way === 'totp' ? 'session.totp.wrong' : 'session.recovery.wrong'),
        };
      },
    );
  }
}

const isWrong = (error: unknown) => error instanceof ApiProblem && error.problem.name === 'bad-credentials';
