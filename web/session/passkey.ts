/**
 * Passkeys between browser and server: fetches what is to be made or signed, lets the browser ask the person, and hands
 * back only what the server reads. Nothing is kept. The browser's part is @simplewebauthn/browser, loaded when first used.
 */
import type { WebAuthnErrorCode } from '@simplewebauthn/browser';
import type {
  AskPasskey,
  CreationOptions,
  PasskeyMade,
  PasskeyShown,
  RequestOptions,
} from '../../server/contract/factors.ts';
import { api } from '../api.ts';
import { t } from '../i18n/words.svelte.ts';
import { endpoint } from '../paths.ts';

const library = () => import('@simplewebauthn/browser');

/** False in browsers, or at addresses, where there are no passkeys. */
export const passkeysWork = (): boolean => typeof PublicKeyCredential === 'function';

/** Shows a passkey for one purpose, and for one act where it is named. */
export async function showPasskey(asked: AskPasskey): Promise<PasskeyShown> {
  const options = await api.post<RequestOptions>(endpoint.passkeyChallenge(), asked, { plain: true });
  const { startAuthentication } = await library();
  // The server's transports are words of the same list, which it does not judge.
  const { id, response } = await startAuthentication({ optionsJSON: options as never });
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  return { id, clientDataJSON, authenticatorData, signature, ...(userHandle && { userHandle }) };
}

export async function makePasskey(options: CreationOptions): Promise<PasskeyMade> {
  const { startRegistration } = await library();
  const { id, response } = await startRegistration({ optionsJSON: options as never });
  const { clientDataJSON, attestationObject, transports } = response;
  return { id, clientDataJSON, attestationObject, ...(transports?.length && { transports }) };
}

/** What the browser refused, in the reader's words; undefined for what did not come from it. */
export function explainPasskey(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // By code and name, not by class: the class is in a part that may not have been loaded.
  const { code } = error as { code?: WebAuthnErrorCode };
  if (code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED') return t('session.passkey.known');
  if (code === 'ERROR_INVALID_DOMAIN' || code === 'ERROR_INVALID_RP_ID')
    return t('session.passkey.wrongAddress');
  if (code === 'ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT')
    return t('session.passkey.noVerification');
  if (error.name === 'NotAllowedError' || error.name === 'AbortError' || code === 'ERROR_CEREMONY_ABORTED')
    return t('session.passkey.cancelled');
  return code === undefined ? undefined : t('session.passkey.failed');
}
