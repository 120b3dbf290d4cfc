// The one name of a text by which it is known again: payloads, sets of files, what leaves.
import { hash } from 'node:crypto';

/** Hex SHA-256 of a text's UTF-8. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex');
