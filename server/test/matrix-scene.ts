// What the matrix asks about (matrix-routes.ts): a voter, an application, a request, an alert and so on of the unit its officers sit
// in, made by other staff of theirs, and the same abroad.
import type { ConsoleRig, Officer } from './console-rig.ts';
import { document, type Targets } from './matrix-routes.ts';

export async function makeTargets(rig: ConsoleRig): Promise<Targets> {
  const foreignMember = await rig.logIn('precinct-member', '2001');
  const otherMember = await rig.logIn('precinct-member', '1001');
  const voter = (await rig.addVoter('1001', { pin: '10101199000001' })).id;
  const foreignVoter = (await rig.addVoter('2001')).id;
  const take = async (by: Officer, id: string) =>
    (
      await by.post('/api/applications', {
        kind: 'correction',
        voter: id,
        applicant: { surname: 'А', givenName: 'Б' },
        change: [{ field: 'address', new: 'в' }],
      })
    ).json().id;
  const raise = async (id: string, commission: string) => {
    const times = { createdAt: rig.time.now, updatedAt: rig.time.now, dueAt: rig.time.now + 3_600_000 };
    const about = { entity: '{}', about: '', voter: null, firstSeq: 0, lastSeq: 0, seqs: '[0]', folded: 0 };
    const closing = { assignee: null, closeReason: null, closeNote: null, closedBy: null };
    await rig.write([
      {
        op: 'insert',
        table: 'alert',
        row: {
          id,
          rule: 'r',
          ruleVersion: '1',
          level: 'medium',
          state: 'new',
          commission,
          ...times,
          ...about,
          ...closing,
          version: 1,
        },
      },
    ]);
    return id;
  };
  /** A sample that was drawn before anybody of the matrix could be given any of it. */
  const drawSample = async () => {
    const row = { population: 1, wanted: 1, confidence: 95, rate: 50, repeats: null };
    const steps = { drawEntry: 0, closedBy: null, closedAt: null, closeEntry: null, mostWrong: null };
    const judging = {
      reviewer: null,
      signer: null,
      finding: null,
      foundBy: null,
      foundAt: null,
      foundEntry: null,
    };
    const signing = { signedBy: null, signedAt: null, signEntry: null };
    const due = { dueAt: rig.time.now, escalatedAt: null, version: 1 };
    await rig.write([
      {
        op: 'insert',
        table: 'sample',
        row: {
          number: 1,
          state: 'drawn',
          fromAt: 0,
          toAt: rig.time.now,
          first: 0,
          next: 1,
          ...row,
          fixedBy: 'system:test',
          fixedAt: rig.time.now,
          fixEntry: 0,
          ...steps,
          ...due,
        },
      },
      {
        op: 'insert',
        table: 'sampleItem',
        row: {
          sample: 1,
          seq: 0,
          place: 1,
          actor: 'system:test',
          commission: 'T1',
          state: 'open',
          ...judging,
          ...signing,
          returned: 0,
          ...due,
        },
      },
    ]);
    return 1;
  };
  const print = async (by: Officer, precinct: string) =>
    (await by.withFactor('/api/prints', { precinct, list: 'control', purpose: 'list-check' })).json().id;
  const askEmergency = async (by: Officer, unit: string) => {
    const reason = 'аймактык администратор жооп бербейт';
    return (await by.withFactor('/api/emergencies', { unit, acts: ['voter.view'], reason })).json().id;
  };
  const application = await take(otherMember, voter);
  const attached = await otherMember.post(`/api/applications/${application}/attachments`, {
    ...document,
    expectedVersion: 1,
  });
  const seen = async () => {
    await otherMember.get(`/api/voters/${voter}`);
    return rig.size() - 1;
  };
  return {
    voter,
    foreignVoter,
    application,
    attachment: attached.json().id,
    foreignApplication: await take(foreignMember, foreignVoter),
    print: await print(otherMember, '1001'),
    foreignPrint: await print(foreignMember, '2001'),
    emergency: await askEmergency(foreignMember, '1001'),
    foreignEmergency: await askEmergency(otherMember, '2001'),
    officer: otherMember.id,
    access: await seen(),
    alert: await raise('alert-own-0001', 'T1'),
    foreignAlert: await raise('alert-foreign-1', 'T2'),
    sample: await drawSample(),
    drawn: 0,
  };
}
