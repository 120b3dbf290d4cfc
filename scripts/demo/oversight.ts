// What those who watch leave behind: an emergency access that was asked for, opened, used, ended and reviewed. Done after the
// planned days, like any officer's work.
import type { Browser, MovingClock, Reply } from './browser.ts';
import type { VoterRow } from './country/types.ts';

const betweenMs = 40_000;

/**
 * @param browserOf the browser of an officer by the demo's key
 * @param voter somebody of the precinct the emergency is about
 * @returns what the server refused, in words
 */
export async function overseeEmergency(
  browserOf: (officer: string) => Browser,
  clock: MovingClock,
  { precinct, surname }: Pick<VoterRow, 'precinct' | 'surname'>,
): Promise<string[]> {
  const refused: string[] = [];
  const hear = async (what: string, work: Promise<Reply>): Promise<Reply['body']> => {
    const { status, body } = await work;
    if (status >= 400) refused.push(`${what} ${status} ${String(body.detail ?? '')}`);
    clock.advanceTo(clock.now() + betweenMs);
    return body;
  };
  const sit = async (officer: string, work: (browser: Browser) => Promise<void>) => {
    const browser = browserOf(officer);
    await hear(`${officer} login`, browser.logIn());
    await work(browser);
    await hear(`${officer} logout`, browser.send('DELETE', '/api/session'));
  };
  let id = '';
  const act = async (browser: Browser, name: string, body: object) => {
    const { items } = await hear('emergencies', browser.send('GET', '/api/emergencies'));
    const expectedVersion = (items as { id: string; version: number }[]).find(
      (one) => one.id === id,
    )?.version;
    const path = `/api/emergencies/${id}/actions/${name}`;
    await hear(`emergency ${name}`, browser.sendWithFactor('POST', path, { expectedVersion, ...body }));
  };

  await sit('territorial-admin-3', async (standIn) => {
    const asked = standIn.sendWithFactor('POST', '/api/emergencies', {
      unit: precinct,
      acts: ['voter.search', 'voter.view'],
      reason: 'Аймактын эки администратору тең ооруп калды, участок бир жазууну тактап берүүнү суранды.',
    });
    id = String((await hear('emergency', asked)).id);
    await sit('approver-1', async (approver) => {
      await hear('approve', approver.sendWithFactor('POST', `/api/approvals/${id}/actions/approve`, {}));
    });
    const { items } = await hear(
      'search',
      standIn.send('POST', '/api/voters/search', { q: surname, precinct }),
    );
    const [found] = items as { id: string }[];
    await hear('view', standIn.send('GET', `/api/voters/${found!.id}`));
    await act(standIn, 'end', {});
  });
  await sit('security-officer-1', (guard) =>
    act(guard, 'review', {
      finding: 'justified',
      note: 'Бир гана жазуу ачылган, участоктун суранычы журналда турат.',
    }),
  );
  return refused;
}
