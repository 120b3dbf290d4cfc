// How the log's witnesses fare. Public like the checkpoint: those who watch the log from outside need it most, and there is
// nothing personal in it. Why a witness fails is for operators, in their log.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { WitnessReport } from '#server/contract/audit.ts';
import type { Witnesses } from './witnesses.ts';

export function witnessRoutes(root: FastifyInstance, { witnesses }: { witnesses: Witnesses }): void {
  const app = root.withTypeProvider<TypeBoxTypeProvider>();
  app.get(
    '/api/audit/witnesses',
    { config: { open: true }, schema: { response: { 200: WitnessReport } } },
    async (_, reply) => reply.header('cache-control', 'no-store').send(await witnesses.report()),
  );
}
