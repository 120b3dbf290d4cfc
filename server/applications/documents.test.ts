import { describe, expect, test } from 'vitest';
import { attachmentMaxBytes, attachmentsMax } from '#server/contract/applications.ts';
import { applicationStates, attachmentTypes } from '#server/contract/vocabulary.ts';
import { bytesOf, extensions, faultOfDocument, takesDocuments } from './documents.ts';

const heads = {
  'application/pdf': '%PDF-1.7\n',
  'image/jpeg': '\xff\xd8\xff\xe0',
  'image/png': '\x89PNG\r\n\x1a\n',
} as const;
const file = (head: string, size = 64) =>
  Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(size - head.length)]);

describe('a document', () => {
  test.each(attachmentTypes)('%s is told by its first bytes, not by what it is called', (mediaType) => {
    expect(faultOfDocument(mediaType, file(heads[mediaType]), 0)).toBeNull();
    for (const other of attachmentTypes.filter((type) => type !== mediaType))
      expect(faultOfDocument(mediaType, file(heads[other]), 0)).toMatchObject({ field: 'content' });
    for (const head of [
      'PK\x03\x04',
      '<svg ',
      'MZ',
      '\x1f\x8b',
      '',
      heads[mediaType].slice(0, 2),
      ` ${heads[mediaType]}`,
    ])
      expect(faultOfDocument(mediaType, file(head), 0)?.kind).toBe('invalid-input');
    expect(extensions[mediaType]).toMatch(/^[a-z]{3}$/);
  });

  test('has a bounded size, and an application a bounded number of them', () => {
    const pdf = heads['application/pdf'];
    expect(faultOfDocument('application/pdf', file(pdf, attachmentMaxBytes), attachmentsMax - 1)).toBeNull();
    expect(faultOfDocument('application/pdf', file(pdf, attachmentMaxBytes + 1), 0)?.kind).toBe('too-large');
    expect(faultOfDocument('application/pdf', file(pdf), attachmentsMax)?.kind).toBe('too-large');
  });

  test('is taken until the decision and not after it', () => {
    expect(applicationStates.filter(takesDocuments)).toEqual([
      'draft',
      'identity-checked',
      'received',
      'at-territorial',
      'in-review',
      'needs-information',
    ]);
  });
});

describe('base64', () => {
  test('is read when it says exactly the bytes it means', () => {
    expect(bytesOf('JVBERi0=')?.toString('latin1')).toBe('%PDF-');
  });
  test.each([
    'JVBERi0',
    'JVBERi0==',
    'JVBERi0=\n',
    ' JVBERi0=',
    'JVBERi1=',
    'JVBE-i0_',
    'data:;base64,JVBERi0=',
    'файл',
  ])('%j is not', (text) => expect(bytesOf(text)).toBeNull());
});
