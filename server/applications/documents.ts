// Which documents may lie with an application: what their first bytes say they are, how large, how many, until when.
// Formats that unpack or run (archives, office files, SVG) are not among them. Pure. Source: ASVS 5.2.1, 5.2.2, R21.
import { attachmentMaxBytes, attachmentsMax } from '#server/contract/applications.ts';
import type { ApplicationState, AttachmentType } from '#server/contract/vocabulary.ts';
import { type Refusal, refuse } from '#server/gate/outcome.ts';

const magic: Readonly<Record<AttachmentType, readonly number[]>> = {
  'application/pdf': [0x25, 0x50, 0x44, 0x46, 0x2d],
  'image/jpeg': [0xff, 0xd8, 0xff],
  'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
};

export const extensions: Readonly<Record<AttachmentType, string>> = {
  'application/pdf': 'pdf',
  'image/jpeg': 'jpg',
  'image/png': 'png',
};

/** Documents are evidence for the decision: they come before it. */
const beforeDecision: ReadonlySet<string> = new Set<ApplicationState>([
  'draft',
  'identity-checked',
  'received',
  'at-territorial',
  'in-review',
  'needs-information',
]);

export function takesDocuments(state: string): boolean {
  return beforeDecision.has(state);
}

/** The bytes of a base64 text, or null where it is none (RFC 4648 §4, padded, nothing else in it). */
export function bytesOf(base64: string): Buffer | null {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : null;
}

/** Why this document is not taken, or null. `kept` is how many lie with the application already. */
export function faultOfDocument(mediaType: AttachmentType, bytes: Uint8Array, kept: number): Refusal | null {
  if (bytes.length > attachmentMaxBytes)
    return refuse('too-large', {
      field: 'content',
      detail: `At most ${attachmentMaxBytes} bytes a document`,
    });
  if (kept >= attachmentsMax)
    return refuse('too-large', {
      field: 'content',
      detail: `At most ${attachmentsMax} documents an application`,
    });
  if (!magic[mediaType].every((byte, i) => bytes[i] === byte))
    return refuse('invalid-input', {
      field: 'content',
      detail: `The file does not begin as ${mediaType} does: scan it as PDF, JPEG or PNG`,
    });
  return null;
}
