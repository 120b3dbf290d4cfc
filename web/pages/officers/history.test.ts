import { expect, test } from 'vitest';
import { seenHistory } from './history.ts';

const past = (version: number, role: 'auditor' | 'approver', state: 'active' | 'disabled' = 'active') => ({
  version,
  validFrom: version * 1000,
  name: 'Сыдыкова Жазгүл',
  role,
  commission: 'CEC',
  state,
});

test('of versions that read alike only the first is shown, with the moment since when it is so', () => {
  const history = [
    past(5, 'auditor'),
    past(4, 'approver'),
    past(3, 'approver'),
    past(2, 'approver', 'disabled'),
    past(1, 'approver'),
  ];
  expect(seenHistory(history).map(({ version }) => version)).toEqual([5, 3, 2, 1]);
  expect(seenHistory([])).toEqual([]);
});
