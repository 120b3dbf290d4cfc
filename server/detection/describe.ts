// What an alert's card says about its rule: taken from the rule file, so that whoever reads the card reads the rule.
import type { Catalogue } from './catalogue.ts';

const signs = { gt: '>', gte: '≥', lt: '<', lte: '≤', eq: '=', neq: '≠' } as const;

/** Title, reason, message in three languages and condition of a rule; null for one no longer in force. */
export function describeRule(catalogue: Catalogue, key: string) {
  const rule = catalogue.rule(key);
  if (!rule) return null;
  const program = catalogue.ruleSet.programs[catalogue.ruleSet.rules.indexOf(rule)];
  const correlation = program?.kind === 'correlation' ? program.correlation : null;
  return {
    title: rule.title,
    description: rule.description.trim(),
    falsepositives: [...rule.falsepositives],
    playbook: rule.kuzot?.playbook ?? null,
    message: rule.kuzot?.message ?? null,
    condition: {
      type: correlation?.type ?? 'match',
      threshold: correlation
        ? correlation.thresholds
            .map(({ by, than }) =>
              [correlation.fields.join(' '), signs[by], than].filter((part) => part !== '').join(' '),
            )
            .join(', ')
        : '',
      windowSeconds: correlation ? Math.round(correlation.timespanMs / 1000) : null,
      groupBy: correlation ? [...correlation.groupBy] : [],
    },
  };
}
