/** Claims: what is missing is found before sending, and nothing travels that the kind does not ask for. */
import { describe, expect, it } from 'vitest';
import { emptyIntake, faultsOf, type Intake, toRequest } from './intake.ts';

const filled = (over: Partial<Intake>): Intake => ({
  ...emptyIntake(),
  surname: 'Көчкөнбаева',
  givenName: 'Жаңыл',
  ...over,
});

describe('an application being filled in', () => {
  it('names everything missing at once, in the order of the form', () => {
    const intake = emptyIntake();
    intake.kind = 'correction';
    intake.represented = true;
    expect(faultsOf(intake, false)).toEqual([
      'voter',
      'change',
      'surname',
      'givenName',
      'representative',
      'authority',
    ]);
  });

  it('accepts a PIN written in groups and sends it as digits', () => {
    const intake = filled({ kind: 'missing', pin: '2 0101 1990 00123' });
    expect(faultsOf(intake, false)).toEqual([]);
    expect(toRequest(intake).applicant.pin).toBe('20101199000123');
  });

  it('tells a day that does not exist from one not given', () => {
    const wanted = emptyIntake().wanted;
    wanted.birthDate = { on: true, value: '', touched: true };
    expect(faultsOf(filled({ kind: 'correction', voter: 'v1', wanted }), false)).toEqual([
      { wrong: 'birthDate' },
    ]);
    wanted.birthDate = { on: true, value: '', touched: false };
    expect(faultsOf(filled({ kind: 'correction', voter: 'v1', wanted }), false)).toEqual([
      { empty: 'birthDate' },
    ]);
  });

  it('asks a territory for the precinct only where no voter names it', () => {
    expect(faultsOf(filled({ kind: 'missing' }), true)).toEqual(['precinct']);
    expect(faultsOf(filled({ kind: 'deceased', voter: 'v1' }), true)).toEqual([]);
  });

  it('lets a voter at home or an institution ask for nothing, or for a change of a voter who is then named', () => {
    const wanted = emptyIntake().wanted;
    expect(faultsOf(filled({ kind: 'disability', wanted }), false)).toEqual([]);
    wanted.precinct = { on: true, value: '1002', touched: true };
    expect(faultsOf(filled({ kind: 'disability', wanted }), false)).toEqual(['voter']);
    const intake = filled({ kind: 'institution', voter: 'v1', wanted });
    expect(faultsOf(intake, false)).toEqual([]);
    expect(toRequest(intake).change).toEqual([{ field: 'precinct', new: '1002' }]);
  });

  it('leaves out fields ticked for another kind, and an empty representative', () => {
    const wanted = emptyIntake().wanted;
    wanted.address = { on: true, value: ' Чүй көчөсү, 1 ', touched: true };
    wanted.surname = { on: true, value: 'Башка', touched: true };
    const intake = filled({ kind: 'wrong-precinct', voter: 'v1', wanted });
    expect(toRequest(intake)).toEqual({
      kind: 'wrong-precinct',
      voter: 'v1',
      applicant: { surname: 'Көчкөнбаева', givenName: 'Жаңыл', replyBy: 'paper' },
      change: [{ field: 'address', new: 'Чүй көчөсү, 1' }],
      channel: 'in-person',
    });
    expect(toRequest(filled({ kind: 'deceased', voter: 'v1', wanted })).change).toBeUndefined();
  });
});
