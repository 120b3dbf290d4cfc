// Builds the application from its parts: hooks first, then every room by name. It does not listen and opens nothing.

import fastifySwagger from '@fastify/swagger';
import type { FastifyBaseLogger, FastifySchema } from 'fastify';
import fastify, { LogController } from 'fastify';
import type { LogStatus } from '#db/store.ts';
import type { Access } from './access/access.ts';
import { accessRoutes } from './access/routes.ts';
import type { Alerts } from './alerts/alerts.ts';
import { type AlertRouteDeps, alertRoutes } from './alerts/routes.ts';
import { type ApplicationRouteDeps, applicationRoutes } from './applications/routes.ts';
import { approvalRoutes } from './approvals/routes.ts';
import type { Approvals } from './approvals/service.ts';
import { accessesRoutes } from './audit/access-routes.ts';
import type { Accesses } from './audit/accesses.ts';
import type { Audit } from './audit/audit.ts';
import { auditRoutes } from './audit/routes.ts';
import type { BackupWatch } from './backups/overdue.ts';
import { calendarRoutes } from './calendar/routes.ts';
import type { CalendarRoom } from './calendar/service.ts';
import { campaignRoutes } from './campaigns/routes.ts';
import type { Campaigns } from './campaigns/service.ts';
import { commissionRoutes } from './commissions/routes.ts';
import type { Commissions } from './commissions/service.ts';
import { destructionRoutes } from './destructions/routes.ts';
import type { Destructions } from './destructions/service.ts';
import { ruleRoutes } from './detection/change/routes.ts';
import type { Rules } from './detection/change/service.ts';
import { emergencyRoutes } from './emergency/routes.ts';
import type { EmergencyRoom } from './emergency/service.ts';
import type { Gate } from './gate/gate.ts';
import { cspReportRoutes } from './http/csp-reports.ts';
import { malformedAnswerer } from './http/faults.ts';
import { type FrameDeps, frameRoutes } from './http/frame.ts';
import { guard, unroutable } from './http/guard.ts';
import { fixedHeaders, securityHeaders } from './http/headers.ts';
import { schemaCompilers } from './http/schemas.ts';
import { officerRoutes } from './officers/routes.ts';
import type { Officers } from './officers/service.ts';
import { policyRoutes } from './policies/routes.ts';
import type { Policies } from './policies/service.ts';
import { printRoutes } from './prints/routes.ts';
import type { Prints } from './prints/service.ts';
import { sampleRoutes } from './samples/routes.ts';
import type { Samples } from './samples/service.ts';
import { voterRoutes } from './voters/routes.ts';
import type { Voters } from './voters/service.ts';
import { witnessRoutes } from './witnesses/routes.ts';
import type { Witnesses } from './witnesses/witnesses.ts';

export interface RegisteredRoute {
  method: string;
  url: string;
  schema: FastifySchema;
}

export interface AppDeps {
  gate: Gate;
  access: Access;
  voters: Voters;
  applications: ApplicationRouteDeps;
  approvals: Approvals;
  prints: Prints;
  calendar: CalendarRoom;
  audit: Audit;
  accesses: Accesses;
  samples: Samples;
  witnesses: Witnesses;
  backups: Pick<BackupWatch, 'metrics'>;
  alerts: Alerts;
  /** Whether a stream's session still is what it was when it was opened. */
  stillValid: AlertRouteDeps['stillValid'];
  campaigns: Campaigns;
  commissions: Commissions;
  officers: Officers;
  destructions: Destructions;
  policies: Policies;
  rules: Rules;
  emergency: EmergencyRoom;
  status: () => LogStatus;
  policy: FrameDeps['policy'];
  clock: () => number;
  origin: string;
  webDir: string;
  logger: FastifyBaseLogger;
  tls: { cert: Buffer; key: Buffer } | null;
  /** Addresses of proxies whose X-Forwarded-For is believed; none unless configured. */
  trustedProxies: string[];
  /** Told of every route; what is registered can be compared with what is expected. */
  onRoute?: (route: RegisteredRoute) => void;
}

export async function buildApp(deps: AppDeps) {
  const door = {
    gate: deps.gate,
    authenticate: deps.access.authenticate,
    countRefusal: deps.access.countRefusal,
    spend: deps.access.spend,
    clock: deps.clock,
    origin: deps.origin,
  };
  const https = deps.origin.startsWith('https:');
  const app = fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    frameworkErrors: unroutable(door) as never,
    clientErrorHandler: malformedAnswerer(fixedHeaders(https)) as never,
    bodyLimit: 256 * 1024,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: 100 },
    trustProxy: deps.trustedProxies.length ? deps.trustedProxies : false,
    ...(deps.tls && { https: deps.tls }),
  });
  const { onRoute } = deps;
  if (onRoute)
    app.addHook('onRoute', ({ method, url, schema = {} }) => {
      for (const each of [method].flat()) onRoute({ method: each, url, schema });
    });
  schemaCompilers(app as never);
  securityHeaders(app as never, { https });
  await app.register(fastifySwagger, {
    openapi: { info: { title: 'Kuzot', description: 'Operations console of a voter list', version: '1' } },
  });
  await deps.access.install(app as never);
  guard(app as never, door);
  const root = app as never;
  app.get('/api/openapi.json', { config: { open: true } }, async () => app.swagger());
  accessRoutes(root, deps.access);
  voterRoutes(root, deps);
  applicationRoutes(root, deps.applications);
  approvalRoutes(root, deps);
  printRoutes(root, deps);
  calendarRoutes(root, deps);
  campaignRoutes(root, deps);
  commissionRoutes(root, deps);
  officerRoutes(root, deps);
  auditRoutes(root, deps);
  accessesRoutes(root, deps);
  sampleRoutes(root, deps);
  witnessRoutes(root, deps);
  destructionRoutes(root, deps);
  alertRoutes(root, deps);
  policyRoutes(root, deps);
  ruleRoutes(root, deps);
  emergencyRoutes(root, deps);
  await cspReportRoutes(root, door);
  await frameRoutes(root, {
    ...deps,
    measures: () => [...deps.witnesses.metrics(), ...deps.backups.metrics()],
  });
  return app;
}
