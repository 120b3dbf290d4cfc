// What another set of rules would change, rule by rule, and how often each would have fired over entries of the log. Pure.
import type { RuleDifference, RuleText } from '#server/contract/rules.ts';
import { backtest, type EventSource } from '../sigma/backtest.ts';
import type { RuleDocument } from '../sigma/document.ts';
import { isObject } from '../sigma/fields.ts';
import type { RuleSet } from '../sigma/ruleset.ts';

export interface ReadRules {
  documents: readonly RuleDocument[];
  ruleSet: RuleSet;
}

/** Each rule and exception as written, in the order of the files. */
export const textsOf = (documents: readonly RuleDocument[]): RuleText[] =>
  documents.map(({ kind, id, name, title, file, body, source }) => ({
    key: id ?? name ?? title,
    title,
    level: typeof body.level === 'string' ? body.level : null,
    message: messageOf(body.kuzot),
    kind,
    file,
    text: source,
  }));

const languages = ['ky', 'ru', 'en'] as const;

function messageOf(extension: unknown): RuleText['message'] {
  const message = isObject(extension) ? extension.message : null;
  if (!isObject(message)) return null;
  return Object.fromEntries(
    languages.flatMap((language) => {
      const says = message[language];
      return typeof says === 'string' ? [[language, says]] : [];
    }),
  );
}

export async function differenceOf(
  before: ReadRules,
  after: ReadRules,
  entries: { count: number; from: number | null; events: EventSource },
): Promise<RuleDifference> {
  const [old, now] = [byKey(before.documents), byKey(after.documents)];
  const added = [...now].filter(([key]) => !old.has(key)).map(([, text]) => text);
  const removed = [...old].filter(([key]) => !now.has(key)).map(([, text]) => text);
  const changed = [...now].flatMap(([key, text]) => {
    const was = old.get(key);
    return was && was.text !== text.text ? [{ before: was, after: text }] : [];
  });
  const rows = await backtest(before.ruleSet, after.ruleSet, entries.events);
  const says = (key: string) => (now.get(key) ?? old.get(key))?.message ?? null;
  const written = new Set([...added, ...changed.map(({ after: text }) => text)].map(({ key }) => key));
  return {
    added,
    removed,
    changed,
    touched: rows
      .filter(({ rule, change }) => change === 'changed' && !written.has(rule))
      .map(({ rule, title, level }) => ({ key: rule, title, level, message: says(rule) })),
    replay: {
      entries: entries.count,
      from: entries.from,
      rules: rows
        .filter(({ onlyBefore, onlyAfter }) => onlyBefore + onlyAfter > 0)
        .map(({ rule, title, level, before: was, after: is, onlyBefore, onlyAfter }) => ({
          key: rule,
          title,
          level,
          message: says(rule),
          before: was,
          after: is,
          onlyBefore,
          onlyAfter,
        })),
    },
  };
}

/** Rules with neither id nor name may share a title: the second of them is another rule. */
function byKey(documents: readonly RuleDocument[]): Map<string, RuleText> {
  const texts = new Map<string, RuleText>();
  for (const text of textsOf(documents)) {
    let key = text.key;
    for (let n = 2; texts.has(key); n++) key = `${text.key} (${n})`;
    texts.set(key, { ...text, key });
  }
  return texts;
}
