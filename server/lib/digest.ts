// What texts are named by where one of them is meant and no other: payloads, files of rules, proposals.
import { hash } from 'node:crypto';

/** Hex SHA-256 of a text's UTF-8. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex');
