// What axe finds wrong with a page as it stands. axe is put into a page once and asked there: reading it in anew for every
// question takes longer than most answers.
import axe, { type RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

interface Question {
  runOnly: NonNullable<RunOptions['runOnly']>;
  /** A selector; the whole page without it. */
  within: string | null;
}

/** One text for each rule that is broken, with the places. */
export async function faultsOf(page: Page, question: Question): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  return page.evaluate(async ({ runOnly, within }) => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    // What passed takes longer to describe than to find.
    const { violations } = await axe.run(within ?? document, { runOnly, resultTypes: ['violations'] });
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join('\n')}`,
    );
  }, question);
}
