/** How a request for approval reads: its subject in one line, and what exactly in named lines. Codes become words. */
import type { ApprovalItem } from '../../../server/contract/approvals.ts';
import type { ApprovalState } from '../../../server/contract/vocabulary.ts';
import { date, inOneLine, number } from '../../i18n/format.ts';
import { t, tMaybe } from '../../i18n/words.svelte.ts';
import { unitName } from '../commissions/units.svelte.ts';

const tones: Readonly<Record<ApprovalState, 'neutral' | 'info' | 'ok' | 'warn' | 'danger'>> = {
  pending: 'warn',
  approved: 'ok',
  denied: 'danger',
  executed: 'neutral',
  expired: 'neutral',
};

/** Fetched as a file by the one who asked, once it is approved. */
export const leavesAsFile = ({ kind }: Pick<ApprovalItem, 'kind'>): boolean =>
  kind === 'print' || kind === 'export' || kind === 'evidence';

/** What was approved lapses like a request nobody decided, when its time is over and nobody fetched it. */
export function stateOf(
  item: Pick<ApprovalItem, 'kind' | 'state' | 'expiresAt'>,
  now: number,
): ApprovalState {
  return (leavesAsFile(item) || item.kind === 'destroy') && item.state === 'approved' && now > item.expiresAt
    ? 'expired'
    : item.state;
}

export const approvalTone = (state: ApprovalState) => tones[state];

const text = (value: ApprovalItem['basis'][string] | undefined): string =>
  value === undefined ? '' : Array.isArray(value) ? value.join(', ') : String(value);

const dutyText = (role: string, unit: string): string =>
  role ? `${tMaybe(`shell.role.${role}`) ?? role} · ${unitName(unit)}` : '';

/** One line for the list: which list of which precinct, or what an application does. */
export function subjectOf(item: ApprovalItem): string {
  const { basis } = item;
  const what = basis.list
    ? (tMaybe(`approvals.list.${text(basis.list)}`) ?? text(basis.list))
    : basis.effect
      ? (tMaybe(`approvals.effect.${text(basis.effect)}`) ?? text(basis.effect))
      : text(basis.login);
  return [what, unitName(item.commission)].filter(Boolean).join(' · ');
}

/** How many persons it is about; a change of rules or of an account is about none. */
export const personsText = ({ persons }: Pick<ApprovalItem, 'persons'>): string =>
  persons === 0 ? '—' : number(persons);

/** What comes of approving it. */
export const consequenceOf = ({ kind, persons }: Pick<ApprovalItem, 'kind' | 'persons'>): string =>
  t(`approvals.approveText.${kind}`, { persons: t('approvals.personsCount', { count: persons }) });

/** The lines of what exactly is asked for. */
export function contentsOf(item: ApprovalItem): { label: string; value: string }[] {
  const { basis } = item;
  const lines: { label: string; value: string }[] = [];
  const add = (label: string, value: string) => {
    if (value) lines.push({ label, value });
  };
  add(t('approvals.list'), basis.list ? (tMaybe(`approvals.list.${text(basis.list)}`) ?? '') : '');
  add(t('approvals.entries'), text(basis.entries));
  add(t('approvals.filters'), text(basis.filters));
  add(t('approvals.precinct'), basis.precinct ? unitName(text(basis.precinct)) : '');
  add(t('approvals.lang'), basis.lang ? (tMaybe(`approvals.lang.${text(basis.lang)}`) ?? '') : '');
  add(t('approvals.effect'), basis.effect ? (tMaybe(`approvals.effect.${text(basis.effect)}`) ?? '') : '');
  add(t('approvals.account'), text(basis.login));
  add(t('approvals.formerDuty'), dutyText(text(basis.formerRole), text(basis.formerUnit)));
  add(t('approvals.newDuty'), dutyText(text(basis.role), text(basis.unit)));
  const fields = Array.isArray(basis.fields) ? basis.fields : [];
  add(t('approvals.fields'), fields.map((field) => tMaybe(`voters.field.${field}`) ?? field).join(', '));
  if (basis.from !== undefined && basis.version !== undefined)
    add(
      t('approvals.versions'),
      t('approvals.versionsText', { from: text(basis.from), version: text(basis.version) }),
    );
  add(t('approvals.ground'), basis.basis ? (tMaybe(`approvals.ground.${text(basis.basis)}`) ?? '') : '');
  add(t('approvals.number'), text(basis.number));
  add(t('approvals.orderedBy'), text(basis.orderedBy));
  add(t('approvals.orderedOn'), basis.orderedOn ? date(text(basis.orderedOn)) : '');
  const acts = Array.isArray(basis.acts) ? basis.acts : [];
  add(t('approvals.acts'), inOneLine(acts.map((act) => tMaybe(`emergency.act.${act}`) ?? act)));
  if (basis.permits !== undefined && basis.denies !== undefined)
    add(
      t('approvals.shifts'),
      t('approvals.shiftsText', { permits: text(basis.permits), denies: text(basis.denies) }),
    );
  if (basis.added !== undefined && item.kind === 'rules')
    add(
      t('approvals.rules'),
      t('approvals.rulesText', {
        added: text(basis.added),
        removed: text(basis.removed),
        changed: text(basis.changed),
      }),
    );
  add(t('approvals.reason'), text(basis.reason));
  return lines;
}
