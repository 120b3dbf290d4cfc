/** One suite for both engines: the store's port means the same on SQLite, on PostgreSQL, and to a server that joined another. */
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
  });
  afterEach(async () => {
    for (const place of places) await place.remove();
    places = [];
  });
  afterAll(async () => {
    await rig?.stop();
  });

  async function fresh(how?: 'empty'): Promise<Place> {
    const place = await rig.fresh(how);
    places.push(place);
    return place;
  }
  const empty = () => fresh('empty');

  describe('a commit', () => commitClaims(fresh));
  describe('the log', () => logClaims(fresh));
  describe('projections', () => projectionClaims(fresh));
  describe('failing storage', () => recoveryClaims(fresh));
  describe('a killed process', { timeout: 120_000 }, () => crashClaims(fresh));
  describe('the schema', () => schemaClaims(empty));
  // A limit on the size of files reaches only what runs in the limited process.
  if (engine === 'sqlite') describe('a full disk', { timeout: 120_000 }, () => fullDiskClaims(fresh));
  if (engine === 'sqlite') describe('its file', () => fileClaims(fresh));
  if (engine === 'postgres') describe('its server', () => postgresClaims(empty));
});

describe('joined to a server on postgres', () => {
  let rig: Rig;
  const places: Place[] = [];
  beforeAll(async () => {
    rig = await startRig('postgres', 'joined');
  });
  afterEach(async () => {
    for (const place of places.splice(0)) await place.remove();
  });
  afterAll(async () => {
    await rig?.stop();
  });
  const fresh = async () => {
    const place = await rig.fresh();
    places.push(place);
    return place;
  };

  // The rest is the store's it has write.
  describe('a commit', () => commitClaims(fresh));
});
