// HTTP in and out for the own session. Each route names its act, the stages it may be called in, and maps the outcome; no
// rule lives here. Cookies are set only after the entry is durable.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import {
  BriefingReply,
  ChangePassword,
  CheckPassword,
  Empty,
  EnrolReply,
  LogIn,
  Nothing,
  OwnSessions,
  PasswordVerdictReply,
  PurposeList,
  SessionParams,
  SessionReply,
  ShowCode,
  SignBriefing,
  StageReply,
  StepUp,
  Unlock,
} from '#server/contract/session.ts';
import { purposes, type Stage, stages } from '#server/contract/vocabulary.ts';
import type { Outcome } from '#server/gate/outcome.ts';
import { clearSessionCookie, setDeviceCookie } from '#server/http/cookies.ts';
import { sendOutcome } from '#server/http/problems.ts';
import type { Access } from './access.ts';
import { factorRoutes } from './factor-routes.ts';
import { ruleSays } from './password-rules.ts';
import { stepSender } from './send-step.ts';

/** Everything the console keeps in the browser. Not "cookies": the device cookie must survive log-out, it keeps the officer's own lane at log-in. */
const siteData = '"cache", "storage"';

/** The session is over and nothing of it stays in this browser. */
function forget(reply: FastifyReply): void {
  clearSessionCookie(reply);
  reply.header('clear-site-data', siteData);
}

export function accessRoutes(plain: FastifyInstance, { room }: Access): void {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { logIn, steps, presence, tokens } = room;
  const sendStep = stepSender(tokens);
  const sendStage = (reply: FastifyReply, outcome: Outcome<Stage>) =>
    sendOutcome(reply, outcome, (stage) => ({ stage }));

  app.post(
    '/api/session',
    {
      config: {
        duty: {
          act: 'session.login',
          anonymous: true,
          unread: true,
          whileLocked: true,
          perMinute: room.logInsPerMinute,
        },
      },
      schema: { body: LogIn, response: { 200: StageReply } },
    },
    async (request, reply) => {
      const outcome = await logIn(request.ctx, request.body);
      return sendStep(reply, outcome, ({ device }) => {
        if (device !== null) setDeviceCookie(reply, device);
      });
    },
  );

  app.get(
    '/api/session',
    {
      config: { duty: { act: 'session.view', stages, passive: true } },
      schema: { response: { 200: SessionReply } },
    },
    async (request, reply) => sendOutcome(reply, await presence.view(request.ctx)),
  );

  app.delete(
    '/api/session',
    {
      config: { duty: { act: 'session.logout', stages, whileLocked: true } },
      schema: { response: { 200: StageReply } },
    },
    async (request, reply) => {
      const outcome = await presence.logOut(request.ctx);
      if (outcome.kind === 'done') forget(reply);
      return sendStage(reply, outcome);
    },
  );

  app.post(
    '/api/session/password',
    {
      config: { duty: { act: 'session.password', stages: ['password-change', 'open'], unread: true } },
      schema: { body: ChangePassword, response: { 200: StageReply } },
    },
    async (request, reply) => sendStep(reply, await steps.changePassword(request.ctx, request.body)),
  );

  app.post(
    '/api/session/password/check',
    {
      config: {
        duty: {
          act: 'session.view',
          stages: ['password-change', 'open'],
          unread: true,
          perMinute: room.checksPerMinute,
        },
      },
      schema: { body: CheckPassword, response: { 200: PasswordVerdictReply } },
    },
    async (request, reply) =>
      sendOutcome(reply, await room.checkPassword(request.ctx, request.body.new), ({ rule, score }) => ({
        rule,
        says: rule === null ? null : ruleSays[rule],
        score,
      })),
  );

  app.post(
    '/api/session/totp/enrol',
    {
      config: { duty: { act: 'session.totp-enrol', stages: ['totp-enrol'] } },
      schema: { body: Empty, response: { 200: EnrolReply } },
    },
    async (request, reply) => sendOutcome(reply, await steps.enrolTotp(request.ctx)),
  );

  app.post(
    '/api/session/totp',
    {
      config: { duty: { act: 'session.totp', stages: ['totp-enrol', 'totp'] } },
      schema: { body: ShowCode, response: { 200: StageReply } },
    },
    async (request, reply) => sendStep(reply, await room.showCode(request.ctx, request.body.code)),
  );

  app.get(
    '/api/session/briefing',
    {
      config: { duty: { act: 'session.briefing-view', stages: ['briefing', 'open'] } },
      schema: { response: { 200: BriefingReply } },
    },
    async (request, reply) => sendOutcome(reply, await steps.viewBriefing(request.ctx)),
  );

  app.post(
    '/api/session/briefing',
    {
      config: { duty: { act: 'session.briefing', stages: ['briefing'] } },
      schema: { body: SignBriefing, response: { 200: StageReply } },
    },
    async (request, reply) => sendStep(reply, await steps.signBriefing(request.ctx, request.body)),
  );

  app.post(
    '/api/session/lock',
    {
      config: { duty: { act: 'session.lock', stages: ['open'], whileLocked: true, passive: true } },
      schema: { body: Empty, response: { 200: StageReply } },
    },
    async (request, reply) => sendStage(reply, await presence.lock(request.ctx)),
  );

  app.post(
    '/api/session/unlock',
    {
      config: {
        duty: { act: 'session.unlock', stages: ['open', 'briefing'], whileLocked: true, unread: true },
      },
      schema: { body: Unlock, response: { 200: StageReply } },
    },
    async (request, reply) => sendStage(reply, await presence.unlock(request.ctx, request.body)),
  );

  app.post(
    '/api/session/extend',
    {
      config: { duty: { act: 'session.view', stages } },
      schema: { body: Empty, response: { 200: StageReply } },
    },
    async (request, reply) => sendStage(reply, await presence.extend(request.ctx)),
  );

  app.post(
    '/api/session/step-up',
    {
      // At stage `passkey-enrol` for somebody who lingered: registering asks a factor of the last minutes.
      config: { duty: { act: 'session.step-up', stages: ['open', 'passkey-enrol'] } },
      schema: { body: StepUp, response: { 200: StageReply } },
    },
    async (request, reply) => sendStep(reply, await presence.stepUp(request.ctx, request.body)),
  );

  app.get(
    '/api/session/mine',
    {
      config: { duty: { act: 'session.list' } },
      schema: { response: { 200: OwnSessions } },
    },
    async (request, reply) => sendOutcome(reply, await presence.listOwn(request.ctx)),
  );

  app.delete(
    '/api/session/mine/:id',
    {
      config: { duty: { act: 'session.end-other' } },
      schema: { params: SessionParams, response: { 200: Nothing } },
    },
    async (request, reply) =>
      sendOutcome(reply, await presence.endOwn(request.ctx, request.params.id), () => ({})),
  );

  app.post(
    '/api/session/not-me',
    {
      config: { duty: { act: 'session.not-me' } },
      schema: { body: Empty, response: { 200: Nothing } },
    },
    async (request, reply) => {
      const outcome = await presence.notMe(request.ctx);
      if (outcome.kind === 'done') forget(reply);
      return sendOutcome(reply, outcome, () => ({}));
    },
  );

  factorRoutes(plain, room);

  app.get(
    '/api/purposes',
    {
      config: { duty: { act: 'purpose.list' } },
      schema: { response: { 200: PurposeList } },
    },
    async (request, reply) =>
      sendOutcome(
        reply,
        await room.gate.read(request.ctx, 'purpose.list', {
          locate: async () => ({ record: purposes, unit: null }),
          release: (record) => ({
            kind: 'release',
            value: { items: record.map(({ code, needsCase }) => ({ code, needsCase })) },
            about: {},
          }),
        }),
      ),
  );
}
