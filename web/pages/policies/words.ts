/** How policies, facts and circumstances read: codes become words; what has none stays a code, as the log has it. */
import { tMaybe } from '../../i18n/words.svelte.ts';

export const sayPolicyId = (id: string): string =>
  tMaybe(`audit.policy.${id}`) ?? tMaybe(`policies.hindered.${id}`) ?? id;
export const sayAct = (act: string): string => tMaybe(`acts.${act}`) ?? act;
/** As what somebody may do. */
export const saySees = (act: string): string => tMaybe(`policies.sees.${act}`) ?? sayAct(act);
export const sayRole = (role: string): string =>
  tMaybe(`shell.role.${role}`) ?? tMaybe(`policies.role.${role}`) ?? role;
export const sayFact = (fact: string): string => tMaybe(`policies.fact.${fact}`) ?? fact;
/** Circumstances that must meet, and of each the values that make no difference. */
export const sayWhere = (where: string): string =>
  where
    .split('+')
    .map((part) =>
      part
        .split('|')
        .map((value) => tMaybe(`policies.where.${value}`) ?? value)
        .join(' / '),
    )
    .join('; ');
