/**
 * The catalogue of acts as a document for officials, in the three languages: what an entry of the audit log can say somebody
 * did. Made from the catalogue and the console's own words: `node web/i18n/acts-document.ts` writes it anew, and a test
 * fails when it has drifted from either.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Act } from '../../server/contract/acts.ts';
import { type ActGroup, actGroups } from '../pages/audit/acts.ts';
import en from './en/acts.ts';
import ky from './ky/acts.ts';
import ru from './ru/acts.ts';

export const actsDocumentPath = fileURLToPath(new URL('../../server/audit/acts.md', import.meta.url));

type Words = Readonly<Record<string, unknown>>;
const say = (words: Words, key: string) => String(words[key] ?? '').replaceAll('|', '\\|');

export function actsDocument(): string {
  const lines = [
    '# Иш-аракеттердин каталогу · Каталог действий · Catalogue of acts',
    '',
    'Журналдагы ар бир жазуу ушул иш-аракеттердин бирин атайт. · Каждая запись журнала называет одно из этих действий. · Each',
    'entry of the audit log names one of these acts.',
    '',
    'Made by `node web/i18n/acts-document.ts` from `server/contract/acts.ts`; a test fails when it no longer is what that says.',
  ];
  for (const [group, names] of Object.entries(actGroups) as [ActGroup, readonly Act[]][]) {
    const title = [ky, ru, en].map((words) => say(words, `acts.group.${group}`)).join(' · ');
    lines.push('', `## ${title}`, '', '| act | ky | ru | en |', '|---|---|---|---|');
    for (const act of names) {
      const words = [ky, ru, en].map((one) => say(one, `acts.${act}`));
      lines.push(`| \`${act}\` | ${words.join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(actsDocumentPath, actsDocument());
