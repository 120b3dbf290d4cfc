// Documents of an application: attached by those who handle it, kept encrypted and bound to their row, opened one by one,
// each opening an entry that carries the file's hash (R21). No name is asked for, so none reaches the store or a disk.
import { createHash, randomUUID } from 'node:crypto';
import type { Reader, Row } from '#db/store.ts';
import type { AttachmentItem, NewAttachment } from '#server/contract/applications.ts';
import type { AttachmentType } from '#server/contract/vocabulary.ts';
import type { Context } from '#server/gate/context.ts';
import type { Gate, Located } from '#server/gate/gate.ts';
import { type Outcome, refuse } from '#server/gate/outcome.ts';
import type { Sealer } from '#server/lib/secrets.ts';
import { bytesOf, extensions, faultOfDocument, takesDocuments } from './documents.ts';
import { aboutOf, type LocatedApplication, locateApplication } from './located.ts';

export interface AttachmentDeps {
  gate: Gate;
  sealer: Sealer;
}

export interface DocumentFile {
  bytes: Uint8Array;
  mediaType: AttachmentType;
  /** Made of the file's hash. */
  fileName: string;
}

type Kept = Awaited<ReturnType<Reader['applications']['attachmentsOf']>>[number];

const placeOf = (id: string) => ({ table: 'attachment', column: 'content', id });

export function showAttachment(kept: Kept): AttachmentItem {
  return {
    id: kept.id,
    sha256: kept.sha256,
    mediaType: kept.mediaType as AttachmentType,
    size: kept.size,
    shelf: kept.shelf,
    addedAt: kept.addedAt,
    by: `${kept.surname} ${kept.givenName} ${kept.patronymic}`.trim(),
  };
}

export function createAttachments({ gate, sealer }: AttachmentDeps) {
  return {
    /** The application goes to its next version: nobody decides on documents they have not seen. */
    async attachDocument(
      ctx: Context,
      application: string,
      { expectedVersion, mediaType, content, shelf }: NewAttachment,
    ): Promise<Outcome<AttachmentItem & { version: number }>> {
      return gate.change<LocatedApplication, AttachmentItem & { version: number }>(
        ctx,
        'application.attach',
        {
          locate: (reader) => locateApplication(reader, ctx, application),
          async decide({ row }, reader) {
            const about = aboutOf(row);
            if (row.version !== expectedVersion)
              return { ...refuse('stale', { facts: { version: row.version } }), about };
            if (!takesDocuments(row.state))
              return {
                ...refuse('wrong-state', {
                  detail: 'Documents are attached before the decision',
                  facts: { state: row.state },
                }),
                about,
              };
            const bytes = bytesOf(content);
            if (!bytes)
              return {
                ...refuse('invalid-input', { field: 'content', detail: 'Send base64, padded' }),
                about,
              };
            const kept = await reader.applications.attachmentsOf(application);
            const fault = faultOfDocument(mediaType, bytes, kept.length);
            if (fault) return { ...fault, about };
            const sha256 = createHash('sha256').update(bytes).digest('hex');
            if (kept.some((other) => other.sha256 === sha256))
              return { ...refuse('already-done', { detail: 'This document is attached already' }), about };
            const id = randomUUID();
            const version = row.version + 1;
            const attachment: Omit<Row<'attachment'>, 'content'> = {
              id,
              application,
              sha256,
              mediaType,
              size: bytes.length,
              shelf: shelf?.trim() || null,
              addedAt: ctx.now,
              addedBy: ctx.actor!.id,
            };
            const officer = { surname: ctx.actor!.name, givenName: '', patronymic: '' };
            return {
              kind: 'change',
              value: { ...showAttachment({ ...attachment, ...officer }), version },
              changes: [
                {
                  op: 'update',
                  table: 'application',
                  key: { id: application },
                  expect: { version: row.version },
                  set: { version },
                },
                {
                  op: 'insert',
                  table: 'applicationStep',
                  row: {
                    application,
                    version,
                    at: ctx.now,
                    officer: ctx.actor!.id,
                    action: 'attach',
                    state: row.state,
                    entry: { entrySeq: 0 },
                  },
                },
                {
                  op: 'insert',
                  table: 'attachment',
                  row: { ...attachment, content: sealer.seal(placeOf(id), bytes) },
                },
              ],
              about: {
                ...about,
                artifact: sha256,
                detail: { ...about.detail, attachment: id, mediaType, size: bytes.length },
              },
            };
          },
        },
      );
    },

    async openDocument(ctx: Context, application: string, id: string): Promise<Outcome<DocumentFile>> {
      interface Wanted {
        row: Row<'application'>;
        attachment: Row<'attachment'>;
      }
      return gate.read<Wanted, DocumentFile>(ctx, 'application.attachment', {
        async locate(reader): Promise<Located<Wanted> | null> {
          const located = await locateApplication(reader, ctx, application);
          const attachment = located && (await reader.applications.attachment(application, id));
          return attachment && { ...located, record: { row: located.record.row, attachment } };
        },
        release({ row, attachment }) {
          const { sha256, mediaType, size } = attachment;
          const about = aboutOf(row);
          return {
            kind: 'release',
            value: {
              bytes: sealer.open(placeOf(id), attachment.content),
              mediaType: mediaType as AttachmentType,
              fileName: `${sha256.slice(0, 16)}.${extensions[mediaType as AttachmentType]}`,
            },
            about: {
              ...about,
              artifact: sha256,
              detail: { ...about.detail, attachment: id, mediaType, size },
            },
          };
        },
      });
    },
  };
}

export type Attachments = ReturnType<typeof createAttachments>;
