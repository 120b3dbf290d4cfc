// What crosses HTTP about a set of files in force and its change, alike for access policies and detection rules.
import { type TSchema, Type } from 'typebox';
import { words } from './words.ts';

export const strict = { additionalProperties: false };
export const orNull = <T extends TSchema>(type: T) => Type.Union([type, Type.Null()]);

/** Members of what is said of a set in force. */
export const inForce = {
  hash: Type.String(),
  /** Epoch ms since when, and the approval it rests on; null: nobody approved it, it is what the files were at a start. */
  since: orNull(Type.Integer()),
  approval: orNull(Type.String()),
  /** False: the files on this server are others; what was approved stays in force. */
  filesAgree: Type.Boolean(),
};

export const reason = words(3, 1000);

export const SetProposed = Type.Object({
  id: Type.String(),
  state: Type.String(),
  hash: Type.String(),
  entry: Type.Integer(),
});

const id = Type.String({ minLength: 8, maxLength: 40, pattern: '^[A-Za-z0-9_-]+$' });
export const SetProposalParams = Type.Object({ id }, strict);

/** Members of what an approver is shown of a proposal. */
export const proposed = {
  id: Type.String(),
  /** Hashes of the set in force when it was proposed, and of the one that is meant. */
  from: Type.String(),
  to: Type.String(),
  reason: Type.String(),
};
