// Turns changes (data in property names) into statements of either engine, compiled once per shape: operation, table,
// columns, and which compared values are null. Refuses what no unit may ask for. It runs nothing, and no value of a
// change ever becomes part of a statement's text.
import type { Engine } from './dialect.ts';
import type { Facts, TableFacts } from './schema/facts.ts';
import type { Change, EntrySeq } from './store.ts';
import type { WriteUnit } from './writer/units.ts';

/** What both drivers bind. */
export type Value = string | number | null | Uint8Array;

/** `key` is unique per text: engines keep prepared statements under it. */
export interface Statement {
  readonly key: string;
  readonly text: string;
}

/** A change ready to run. Touching no row is a conflict where `mustTouch`. */
export type Step =
  | { kind: 'run'; statement: Statement; params: Value[]; mustTouch: boolean }
  | { kind: 'load'; table: string; columns: string[]; rows: Value[][] };

/** A unit that asks for something no unit may ask for: a bug of the caller, never a conflict. */
export class MalformedUnit extends Error {
  override readonly name = 'MalformedUnit';
}

export class ChangeCompiler {
  readonly #engine: Engine;
  readonly #facts: Facts;
  readonly #shapes = new Map<string, Statement>();

  constructor(engine: Engine, facts: Facts) {
    this.#engine = engine;
    this.#facts = facts;
  }

  /**
   * Refuses, before anything is written, a unit that breaks a rule of the port.
   * @throws MalformedUnit naming the table and the rule
   */
  check(unit: WriteUnit): void {
    for (const change of unit.changes) {
      const name = change.table;
      const facts = this.#facts.get(name);
      if (facts === undefined) throw new MalformedUnit(`there is no table ${name}`);
      const adds = change.op === 'insert' || change.op === 'ensure';
      if (facts.appendOnly && !(adds && name === 'cosignature')) {
        throw new MalformedUnit(
          `${name} is append-only and written by the log itself; ${change.op} is refused`,
        );
      }
      if (name === 'event' && change.op !== 'update' && change.op !== 'delete') {
        throw new MalformedUnit('events are written with their entry; they may only be erased');
      }
      if (unit.entries.length === 0 && !facts.free) {
        throw new MalformedUnit(`a change of ${name} needs an audit entry`);
      }
    }
  }

  /**
   * @param seqs the seqs given to the unit's entries, for `{entrySeq}` placeholders
   * @throws MalformedUnit for unknown columns, empty keys, undefined or unbindable values
   */
  compile(change: Change, seqs: readonly number[]): Step {
    const facts = this.#facts.get(change.table);
    if (facts === undefined) throw new MalformedUnit(`there is no table ${change.table}`);
    switch (change.op) {
      case 'insert':
      case 'ensure':
        return this.#insert(facts, change.op, change.row, seqs);
      case 'update':
      case 'update-all':
        return this.#update(facts, change, seqs);
      case 'delete':
      case 'delete-all':
        return this.#delete(facts, change, seqs);
      case 'load': {
        const columns = change.columns.map((property) => columnOf(facts, property));
        for (const row of change.rows) {
          if (row.length !== columns.length) {
            throw new MalformedUnit(
              `a row of ${row.length} values for ${columns.length} columns of ${facts.sqlName}`,
            );
          }
        }
        return { kind: 'load', table: facts.sqlName, columns, rows: change.rows };
      }
    }
  }

  #insert(facts: TableFacts, op: 'insert' | 'ensure', row: object, seqs: readonly number[]): Step {
    const { columns, params } = assignments(facts, row, seqs);
    // A clash touches no row instead of failing: on PostgreSQL an error would cost the whole unit's savepoint.
    const statement = this.#shape(`insert ${facts.sqlName} ${columns.join()}`, (mark) => {
      const marks = columns.map((_, i) => mark(i)).join(', ');
      return `insert into "${facts.sqlName}" (${columns.map(quoted).join(', ')}) values (${marks}) on conflict do nothing`;
    });
    return { kind: 'run', statement, params, mustTouch: op === 'insert' };
  }

  #update(
    facts: TableFacts,
    change: Extract<Change, { op: 'update' | 'update-all' }>,
    seqs: readonly number[],
  ): Step {
    const set = assignments(facts, change.set, seqs);
    const one = change.op === 'update';
    const where = conditions(facts, change.key, one ? change.expect : undefined, seqs);
    const statement = this.#shape(`update ${facts.sqlName} ${set.columns.join()} ${where.shape}`, (mark) => {
      const sets = set.columns.map((column, i) => `${quoted(column)} = ${mark(i)}`).join(', ');
      return `update "${facts.sqlName}" set ${sets} where ${where.text(mark, set.columns.length)}`;
    });
    return { kind: 'run', statement, params: [...set.params, ...where.params], mustTouch: one };
  }

  #delete(
    facts: TableFacts,
    change: Extract<Change, { op: 'delete' | 'delete-all' }>,
    seqs: readonly number[],
  ): Step {
    const one = change.op === 'delete';
    const where = conditions(facts, change.key, one ? change.expect : undefined, seqs);
    const statement = this.#shape(
      `delete ${facts.sqlName} ${where.shape}`,
      (mark) => `delete from "${facts.sqlName}" where ${where.text(mark, 0)}`,
    );
    return { kind: 'run', statement, params: where.params, mustTouch: one };
  }

  #shape(key: string, write: (mark: (i: number) => string) => string): Statement {
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    const statement = { key, text: write(this.#engine === 'sqlite' ? () => '?' : (i) => `$${i + 1}`) };
    this.#shapes.set(key, statement);
    return statement;
  }
}

/** Columns and values to write; properties whose value is undefined are absent, as in the types. */
function assignments(
  facts: TableFacts,
  row: object,
  seqs: readonly number[],
): { columns: string[]; params: Value[] } {
  const columns: string[] = [];
  const params: Value[] = [];
  for (const [property, value] of Object.entries(row)) {
    if (value === undefined) continue;
    columns.push(columnOf(facts, property));
    params.push(bindable(facts, property, value, seqs));
  }
  if (columns.length === 0) throw new MalformedUnit(`a change of ${facts.sqlName} sets nothing`);
  return { columns, params };
}

/** An undefined here would silently widen what is changed, so it is refused. */
function conditions(
  facts: TableFacts,
  key: object,
  expect: object | undefined,
  seqs: readonly number[],
): { shape: string; params: Value[]; text: (mark: (i: number) => string, from: number) => string } {
  const compared = [...Object.entries(key), ...Object.entries(expect ?? {})];
  if (Object.keys(key).length === 0) throw new MalformedUnit(`a change of ${facts.sqlName} has no key`);
  const terms: { column: string; isNull: boolean }[] = [];
  const params: Value[] = [];
  for (const [property, value] of compared) {
    if (value === undefined)
      throw new MalformedUnit(`${facts.sqlName}.${property} is compared with undefined`);
    terms.push({ column: columnOf(facts, property), isNull: value === null });
    if (value !== null) params.push(bindable(facts, property, value, seqs));
  }
  return {
    shape: terms.map((term) => (term.isNull ? `${term.column}:null` : term.column)).join(),
    params,
    text(mark, from) {
      let next = from;
      return terms
        .map(({ column, isNull }) =>
          isNull ? `${quoted(column)} is null` : `${quoted(column)} = ${mark(next++)}`,
        )
        .join(' and ');
    },
  };
}

function columnOf(facts: TableFacts, property: string): string {
  const column = facts.columns.get(property);
  if (column === undefined) throw new MalformedUnit(`${facts.sqlName} has no column ${property}`);
  return column;
}

/** Never puts the value itself into the message: it may be a voter's. */
function bindable(facts: TableFacts, property: string, value: unknown, seqs: readonly number[]): Value {
  if (typeof value === 'string') {
    // PostgreSQL text cannot hold it; refused on both engines alike.
    if (value.includes('\0')) throw new MalformedUnit(`${facts.sqlName}.${property} holds a NUL character`);
    return value;
  }
  if (value === null) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (value instanceof Uint8Array) return value;
  if (isEntrySeq(value)) {
    const seq = seqs[value.entrySeq];
    if (seq === undefined) throw new MalformedUnit(`the unit has no entry ${value.entrySeq}`);
    return seq;
  }
  throw new MalformedUnit(`${facts.sqlName}.${property} is neither text, safe integer, bytes nor null`);
}

function isEntrySeq(value: unknown): value is EntrySeq {
  return (
    typeof value === 'object' && value !== null && 'entrySeq' in value && typeof value.entrySeq === 'number'
  );
}

function quoted(column: string): string {
  return `"${column}"`;
}
