// HTTP in and out for second factors other than the one-time code: passkeys and recovery codes. Each route names its act and
// the stages it may be called in; no rule lives here.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Act } from '#server/contract/acts.ts';
import {
  AddPasskey,
  AskPasskey,
  BeginPasskey,
  ConfirmWithPassword,
  CreationOptions,
  OwnFactors,
  PasskeyParams,
  RecoveryCodes,
  RenamePasskey,
  RequestOptions,
  ShowPasskey,
  ShowRecoveryCode,
} from '#server/contract/factors.ts';
import { Nothing, StageReply } from '#server/contract/session.ts';
import type { Stage } from '#server/contract/vocabulary.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { Access } from './access.ts';
import { stepSender } from './send-step.ts';

export function factorRoutes(plain: FastifyInstance, room: Access['room']): void {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  const sendStep = stepSender(room.tokens);
  const duty = (act: Act, stages: readonly Stage[] = ['open'], whileLocked = false) => ({
    duty: { act, stages, perMinute: 30, whileLocked },
  });
  /** Where a password or a code is typed, which nobody reads. */
  const compared = (config: ReturnType<typeof duty>) => ({ duty: { ...config.duty, unread: true as const } });

  app.get(
    '/api/session/factors',
    { config: duty('session.factors'), schema: { response: { 200: OwnFactors } } },
    async (request, reply) => sendOutcome(reply, await room.listFactors(request.ctx)),
  );

  app.post(
    '/api/session/passkeys/challenge',
    {
      config: duty('session.passkey-challenge', ['totp', 'passkey-enrol', 'briefing', 'open'], true),
      schema: { body: AskPasskey, response: { 200: RequestOptions } },
    },
    async (request, reply) => sendOutcome(reply, await room.askPasskey(request.ctx, request.body)),
  );

  app.post(
    '/api/session/passkey',
    {
      config: duty('session.passkey', ['totp']),
      schema: { body: ShowPasskey, response: { 200: StageReply } },
    },
    async (request, reply) => sendStep(reply, await room.showPasskey(request.ctx, request.body.passkey)),
  );

  app.post(
    '/api/session/passkeys/registration',
    {
      config: compared(duty('session.passkey-begin', ['passkey-enrol', 'open'])),
      schema: { body: BeginPasskey, response: { 200: CreationOptions } },
    },
    async (request, reply) => sendOutcome(reply, await room.beginPasskey(request.ctx, request.body.password)),
  );

  app.post(
    '/api/session/passkeys',
    {
      config: duty('session.passkey-add', ['passkey-enrol', 'open']),
      schema: { body: AddPasskey, response: { 200: StageReply } },
    },
    async (request, reply) => sendStep(reply, await room.addPasskey(request.ctx, request.body)),
  );

  app.post(
    '/api/session/passkeys/:id/actions/rename',
    {
      config: duty('session.passkey-rename'),
      schema: { params: PasskeyParams, body: RenamePasskey, response: { 200: Nothing } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await room.renamePasskey(request.ctx, request.params.id, request.body.name),
        () => ({}),
      ),
  );

  app.post(
    '/api/session/passkeys/:id/actions/remove',
    {
      config: compared(duty('session.passkey-remove')),
      schema: { params: PasskeyParams, body: ConfirmWithPassword, response: { 200: Nothing } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await room.removePasskey(request.ctx, request.params.id, request.body.password),
        () => ({}),
      ),
  );

  app.post(
    '/api/session/recovery',
    {
      config: compared(duty('session.recovery', ['totp'])),
      schema: { body: ShowRecoveryCode, response: { 200: StageReply } },
    },
    async (request, reply) => sendStep(reply, await room.showRecoveryCode(request.ctx, request.body.code)),
  );

  app.post(
    '/api/session/recovery-codes',
    {
      config: compared(duty('session.recovery-codes')),
      schema: { body: ConfirmWithPassword, response: { 200: RecoveryCodes } },
    },
    async (request, reply) =>
      sendOutcome(reply, await room.makeRecoveryCodes(request.ctx, request.body.password)),
  );
}
