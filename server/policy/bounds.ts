// How deep a text may go before Cedar is shown it. Cedar is WebAssembly with a small stack of its own. Threat: text nested or
// chained deeply enough runs over it, some when read and some only when asked to decide, and from then on the process decides
// nothing for anybody. Pure.

/** Brackets within brackets; Cedar's reader gives way somewhere past 80, and ours never need more than 3. */
const nestedAtMost = 24;
/** Operators, attributes and conditions of one statement; deciding gives way somewhere past 320. */
const linksAtMost = 200;

// Strings and comments as Cedar ends them: a comment with its line, a string with a quotation mark that is not escaped.
const tokens = /"(?:[^"\\]|\\[\s\S])*"|\/\/[^\n\r]*|[([{]|[)\]}]|;|&&|\|\||\b(?:if|when|unless)\b|[.!+*<-]/g;

/** @returns where the text first goes deeper than it may, or null */
export function tooDeepAt(text: string): number | null {
  let depth = 0;
  let links = 0;
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (token.startsWith('"') || token.startsWith('//')) continue;
    if (token === ';') links = 0;
    else if ('([{'.includes(token)) depth += 1;
    else if (')]}'.includes(token)) depth -= 1;
    else links += 1;
    if (depth > nestedAtMost || links > linksAtMost) return index;
  }
  return null;
}
