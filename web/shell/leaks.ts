/**
 * Tells the server that something was copied from or printed off a screen with personal data (R29, R58): that it
 * happened, never what. Best effort: the browser cannot see everything, and a failed report disturbs nobody.
 */
import { api } from '../api.ts';
import { endpoint } from '../paths.ts';

/** Listens while `watching()` says a screen with personal data is open; returns how to stop. */
export function reportCopying(watching: () => boolean): () => void {
  const report = (kind: 'copy' | 'print') => {
    if (!watching()) return;
    void api.post(endpoint.events(), { kind }, { plain: true, background: true }).catch(() => undefined);
  };
  const onCopy = () => report('copy');
  const onPrint = () => report('print');
  document.addEventListener('copy', onCopy);
  document.addEventListener('cut', onCopy);
  addEventListener('beforeprint', onPrint);
  return () => {
    document.removeEventListener('copy', onCopy);
    document.removeEventListener('cut', onCopy);
    removeEventListener('beforeprint', onPrint);
  };
}
