// `npm run bench -- [--json] [name …]`: ratios measured side by side in one run. Numbers of a machine mean nothing alone;
// each line says whether its goal holds here and now. Never part of the tests.
import { measureAppend, measureLogBytes } from './bench/measure-append.ts';
import { measureExplorer } from './bench/measure-explorer.ts';
import { measureColdGet, measureGet, measureGetCpu, measurePlainGet } from './bench/measure-get.ts';
import { measureImport } from './bench/measure-import.ts';
import { measureGroupCommit, measureVerify, measureVerifyDatabase } from './bench/measure-log.ts';
import { measureLoginFlood } from './bench/measure-login-flood.ts';
import type { Ratio } from './bench/ratio.ts';

const measures: Record<string, () => Promise<Ratio | { name: string; skipped: string }>> = {
  'audited-get/bare-get': measureGet,
  'audited-get-cold/bare-get': measureColdGet,
  'audited-get-cpu/bare-get-cpu': measureGetCpu,
  'audited-get/plain-get': measurePlainGet,
  'audit-append/raw-group-insert': measureAppend,
  'log-bytes/leaf-bytes': measureLogBytes,
  'group-commit/naive-commit': measureGroupCommit,
  'import/sqlite-import': measureImport,
  'audit-verify/hash-limit': measureVerify,
  'audit-verify-database/openings-limit': measureVerifyDatabase,
  'explorer-first-page': measureExplorer,
  'login-flood': measureLoginFlood,
};

const args = process.argv.slice(2);
const json = args.includes('--json');
const wanted = args.filter((arg) => arg !== '--json');
const unknown = wanted.filter((name) => !Object.hasOwn(measures, name));
if (unknown.length) {
  console.error(`No measure named ${unknown.join(', ')}.\n  One of: ${Object.keys(measures).join(', ')}`);
  process.exit(2);
}
const round = (n: number) => (n >= 100 ? Math.round(n) : Number(n.toPrecision(3)));
for (const name of wanted.length ? wanted : Object.keys(measures)) {
  const line = await measures[name]!();
  if ('skipped' in line) {
    console.log(json ? JSON.stringify(line) : `${name}: skipped, ${line.skipped}`);
    continue;
  }
  const { ours, peer, ratio, goal, atMost, unit, detail } = line;
  const said = {
    name,
    ours: round(ours),
    peer: round(peer),
    ratio: round(ratio),
    goal,
    holds: atMost ? ratio <= goal : ratio >= goal,
    ...(detail && {
      detail: Object.fromEntries(Object.entries(detail).map(([part, value]) => [part, round(value)])),
    }),
  };
  console.log(
    json
      ? JSON.stringify(said)
      : `${name}: ${said.ratio} (${said.ours} / ${said.peer} ${unit}; goal ${atMost ? '≤' : '≥'} ${goal}) ${said.holds ? 'holds' : 'falls short'}`,
  );
  if (!json && said.detail)
    for (const [part, value] of Object.entries(said.detail)) console.log(`  ${part}: ${value}`);
}
