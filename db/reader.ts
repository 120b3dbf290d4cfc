// Composes the queries of every room over one connection. Each room's queries live in db/queries/<room>.ts and return
// plain rows; scoping by unit path happens in SQL there, never by filtering afterwards.
import type { Db } from './connection.ts';
import { accessQueries } from './queries/access.ts';
import { alertQueries } from './queries/alerts.ts';
import { applicationQueries } from './queries/applications.ts';
import { approvalQueries } from './queries/approvals.ts';
import { auditQueries } from './queries/audit.ts';
import { calendarQueries } from './queries/calendar.ts';
import { campaignQueries } from './queries/campaigns.ts';
import { commissionQueries } from './queries/commissions.ts';
import { destructionQueries } from './queries/destructions.ts';
import { factorQueries } from './queries/factors.ts';
import { officerQueries } from './queries/officers.ts';
import { emergencyQueries, policyQueries } from './queries/policies.ts';
import { sampleQueries } from './queries/samples.ts';
import { systemQueries } from './queries/system.ts';
import { voterQueries } from './queries/voters.ts';
import type { Tables } from './schema/tables.ts';

/** @param log the same, for queries that ask the log itself: they see every entry whose commit was answered */
export function createReader(db: Db, tables: Tables, log: Db = db) {
  return {
    access: accessQueries(db, tables),
    alerts: alertQueries(log, tables),
    applications: applicationQueries(db, tables),
    approvals: approvalQueries(db, tables),
    audit: auditQueries(log, tables),
    calendar: calendarQueries(db, tables),
    campaigns: campaignQueries(db, tables),
    commissions: commissionQueries(db, tables),
    emergencies: emergencyQueries(log, tables),
    policies: policyQueries(db, tables),
    destructions: destructionQueries(log, tables),
    factors: factorQueries(db, tables),
    officers: officerQueries(db, tables),
    samples: sampleQueries(log, tables),
    system: systemQueries(db, tables),
    voters: voterQueries(db, tables),
  };
}

export type Reader = ReturnType<typeof createReader>;
