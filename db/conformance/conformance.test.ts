/** One suite for both engines: the store's port means the same on SQLite and on PostgreSQL. */
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import type { Engine } from '../dialect.ts';
import { commitClaims } from './commits.suite.ts';
import { crashClaims, fullDiskClaims } from './crash.suite.ts';
import { logClaims } from './log.suite.ts';
import { postgresClaims } from './postgres-only.suite.ts';
import { projectionClaims } from './projections.suite.ts';
import { recoveryClaims } from './recovery.suite.ts';
import { type Place, type Rig, startRig } from './rig.ts';
import { schemaClaims } from './schema.suite.ts';
import { fileClaims } from './sqlite-only.suite.ts';

describe.each<Engine>(['sqlite', 'postgres'])('on %s', (engine) => {
  let rig: Rig;
  let places: Place[] = [];

  beforeAll(async () => {
    rig = await startRig(engine);
  }, 120_000);
  afterEach(async () => {
    for (const place of places) await place.remove();
    places = [];
  });
  afterAll(async () => {
    await rig?.stop();
  }, 60_000);

  async function fresh(how?: 'empty'): Promise<Place> {
    const place = await rig.fresh(how);
    places.push(place);
    return place;
  }
  const empty = () => fresh('empty');

  describe('a commit', { timeout: 60_000 }, () => commitClaims(fresh));
  describe('the log', { timeout: 60_000 }, () => logClaims(fresh));
  describe('projections', { timeout: 60_000 }, () => projectionClaims(fresh));
  describe('failing storage', { timeout: 60_000 }, () => recoveryClaims(fresh));
  describe('a killed process', { timeout: 120_000 }, () => crashClaims(fresh));
  describe('the schema', { timeout: 60_000 }, () => schemaClaims(empty));
  // A limit on the size of files reaches only what runs in the limited process.
  if (engine === 'sqlite') describe('a full disk', { timeout: 120_000 }, () => fullDiskClaims(fresh));
  if (engine === 'sqlite') describe('its file', { timeout: 60_000 }, () => fileClaims(fresh));
  if (engine === 'postgres') describe('its server', { timeout: 60_000 }, () => postgresClaims(empty));
});
