// Whether backups are tested (`kuzot backup verify`, which makes an entry): a backup nobody opened is a hope. What has waited too long
// is an entry, once a week, from which a detection rule makes an alert; `/metrics` says how long it has been.
import { randomUUID } from 'node:crypto';
import type { Change, Reader } from '#db/store.ts';
import { systemContext } from '#server/gate/context.ts';
import type { Gate } from '#server/gate/gate.ts';
import { DAY_MS } from '#server/lib/dates.ts';

/** A month, with the day on which somebody is away. */
export const testEveryMs = 32 * DAY_MS;
const tellAgainMs = 7 * DAY_MS;
const lookEveryMs = 3_600_000;
/** Remembers for which week of waiting it was told. */
const toldKey = 'backup-test-told';
const looksBack = 50;

/** When a backup of this database was tested last, or, where none ever was, when the log began; null while it is empty. Epoch ms. */
export async function lastTested({ audit }: Pick<Reader, 'audit'>): Promise<number | null> {
  const tests = await audit.newestOf(['audit.verify'], looksBack);
  const tested = tests.find(({ json }) => {
    const { detail } = JSON.parse(json) as { detail?: { json: Record<string, unknown> } };
    return detail?.json.backup === true;
  });
  const seq = tested?.seq ?? 0;
  const [leaf] = await audit.leaves(seq, seq + 1);
  if (leaf === undefined) return null;
  const { t } = JSON.parse(Buffer.from(leaf).toString()) as { t?: unknown };
  return typeof t === 'number' ? t : null;
}

/** Tells that the test is overdue, if it is and was not told this week. @throws LogUnavailable */
export async function tellUntested(gate: Gate, since: number | null, now: number): Promise<boolean> {
  if (since === null || now - since < testEveryMs) return false;
  const mark = `${since} ${Math.floor((now - since - testEveryMs) / tellAgainMs)}`;
  if ((await gate.reader.system.meta(toldKey)) === mark) return false;
  const changes: Change[] = [
    { op: 'ensure', table: 'meta', row: { key: toldKey, value: '' } },
    { op: 'update', table: 'meta', key: { key: toldKey }, set: { value: mark } },
  ];
  const outcome = await gate.change<null, null>(
    systemContext('backups', now, randomUUID()),
    'system.backup-untested',
    {
      locate: async () => ({ record: null, unit: null }),
      decide: () => ({
        kind: 'change',
        changes,
        value: null,
        about: { detail: { days: Math.floor((now - since) / DAY_MS) } },
      }),
    },
  );
  if (outcome.kind !== 'done') throw new Error(`an overdue backup test was not recorded: ${outcome.kind}`);
  return true;
}

/** Looks at the start and once an hour until it is closed. */
export function watchBackups(gate: Gate, clock: () => number, onFault: (error: unknown) => void) {
  let timer: NodeJS.Timeout | null = null;
  let since: number | null = null;
  async function look(): Promise<void> {
    since = await lastTested(gate.reader);
    await tellUntested(gate, since, clock());
  }
  return {
    look,
    start() {
      void look().catch(onFault);
      timer = setInterval(() => void look().catch(onFault), lookEveryMs);
      timer.unref();
    },
    close() {
      if (timer) clearInterval(timer);
    },
    metrics(): string[] {
      if (since === null) return [];
      const age = Math.max(0, clock() - since);
      return [
        '# HELP kuzot_backup_untested_seconds Since a backup was tested; since the log began, where none was.',
        '# TYPE kuzot_backup_untested_seconds gauge',
        `kuzot_backup_untested_seconds ${Math.round(age / 1000)}`,
        '# HELP kuzot_backup_test_overdue 1 once no backup was tested for over a month.',
        '# TYPE kuzot_backup_test_overdue gauge',
        `kuzot_backup_test_overdue ${age >= testEveryMs ? 1 : 0}`,
      ];
    },
  };
}

export type BackupWatch = ReturnType<typeof watchBackups>;
