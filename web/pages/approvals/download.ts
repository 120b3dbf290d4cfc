/**
 * Fetches the approved file, once, and hands it to the browser to save. The server names it and proves it with the
 * entry and the hash in the answer's head; nothing of it stays in the page.
 */
import { api } from '../../api.ts';
import { endpoint } from '../../paths.ts';
import { saveFile } from '../../saved-file.ts';

export interface Downloaded {
  /** number of the entry in the log */
  readonly entry: string;
  readonly sha256: string;
}

/** Throws ApiProblem when refused; the approval is then unused. */
export async function downloadFile(approval: string): Promise<Downloaded> {
  const response = await api.raw('POST', endpoint.download(approval), {});
  await saveFile(response, 'kuzot-list');
  return {
    entry: response.headers.get('x-kuzot-entry') ?? '',
    sha256: response.headers.get('x-kuzot-sha256') ?? '',
  };
}
