/**
 * Mappings: how the columns of a foreign list become the fields of a voter. A mapping is JSON, checked against
 * policies/mappings/mapping.schema.json, so that a person can write one with an editor's help. What it does not name is
 * never read into anything, let alone stored; a list declared for another purpose is refused (R04).
 * Faults are told by name of the place in the mapping or of the column; never by what stands in the list: a file
 * without a header has a voter in its first row.
 */
import { Ajv, type ErrorObject } from 'ajv';
import { birthDateReader } from '#server/lib/birthdate.ts';
import schema from '../../../policies/mappings/mapping.schema.json' with { type: 'json' };
import type { ListEncoding } from './encoding.ts';

export const VOTER_FIELDS = [
  'surname',
  'given_name',
  'patronymic',
  'birth_date',
  'sex',
  'address',
  'precinct',
] as const;
export type VoterField = (typeof VOTER_FIELDS)[number];

export interface FieldSource {
  column?: string;
  constant?: string;
  /** Of `sex` only: what the list writes → F, M or '' for unknown. */
  values?: Record<string, 'F' | 'M' | ''>;
}

export interface Mapping {
  identifier: { scheme: 'kg-pin' | `foreign:${string}`; column: string };
  fields: { surname: FieldSource; precinct: FieldSource } & Partial<Record<VoterField, FieldSource>>;
  dateFormat: string;
  delimiter: string;
  encoding: ListEncoding;
}

export type MappingOutcome = { kind: 'mapping'; mapping: Mapping } | { kind: 'refused'; faults: string[] };

/** The layout this system writes and reads by itself: the columns of the voters file (contract.md). */
export const OWN_MAPPING: Mapping = {
  identifier: { scheme: 'kg-pin', column: 'pin' },
  fields: {
    surname: { column: 'surname' },
    given_name: { column: 'given_name' },
    patronymic: { column: 'patronymic' },
    birth_date: { column: 'birth_date' },
    sex: { column: 'sex' },
    address: { column: 'address' },
    precinct: { column: 'precinct' },
  },
  dateFormat: 'YYYY-MM-DD',
  delimiter: ',',
  encoding: 'utf-8',
};

const isMapping = new Ajv({ allErrors: true, useDefaults: true }).compile<Mapping>(schema);

/** Reads a mapping from its JSON text; every fault at once, each naming its place and the next step. */
export function parseMapping(json: string): MappingOutcome {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The parser's own message quotes the text, which is a voter list when the two files were mixed up.
    return { kind: 'refused', faults: ['the mapping is not JSON; check its commas, quotes and braces'] };
  }
  return checkMapping(value);
}

/** Checks a mapping that was parsed already; the value given is left as it is. */
export function checkMapping(value: unknown): MappingOutcome {
  const mapping: unknown = structuredClone(value);
  if (!isMapping(mapping)) {
    return { kind: 'refused', faults: [...new Set((isMapping.errors ?? []).map(describeFault))] };
  }
  if (birthDateReader(mapping.dateFormat, '9999-12-31').kind === 'refused') {
    const expected = 'YYYY, MM and DD once each (such as DD.MM.YYYY), or YYYY alone';
    return { kind: 'refused', faults: [`mapping /dateFormat: cannot be read; write ${expected}`] };
  }
  const { identifier, fields, dateFormat, delimiter, encoding } = mapping;
  return { kind: 'mapping', mapping: { identifier, fields, dateFormat, delimiter, encoding } };
}

function describeFault({ instancePath, keyword, params, message }: ErrorObject): string {
  const place = `mapping ${instancePath || '/'}`;
  if (instancePath === '/purpose') {
    return `${place}: this list was collected for another purpose; lists of different purposes are never merged (R04). Only "voter-list" may be imported`;
  }
  if (keyword === 'required') return `${place}: "${params.missingProperty}" is missing; add it`;
  if (keyword === 'additionalProperties') {
    const known = instancePath === '/fields' ? `; the fields are ${VOTER_FIELDS.join(', ')}` : '';
    return `${place}: "${params.additionalProperty}" is not known here; remove or rename it${known}`;
  }
  if (keyword === 'enum') {
    return `${place}: must be one of ${(params.allowedValues as string[]).map((allowed) => JSON.stringify(allowed)).join(', ')}`;
  }
  if (instancePath === '/delimiter') return `${place}: must be one character, neither a quote nor a line end`;
  if (instancePath === '/identifier/scheme') return `${place}: must be "kg-pin" or "foreign:NAME"`;
  if (['minProperties', 'maxProperties', 'oneOf', 'not'].includes(keyword)) {
    return `${place}: give either "column" or "constant"`;
  }
  return `${place}: ${message ?? 'is not as the schema asks'}`;
}

/** Where each field stands in a record: an index, or a constant, or nothing. */
export interface Columns {
  count: number;
  identifier: number;
  fields: Partial<Record<VoterField, { index: number } | { constant: string }>>;
}

export type ColumnsOutcome = { kind: 'columns'; columns: Columns } | { kind: 'refused'; faults: string[] };

/**
 * Finds the mapped columns in the list's header. Names are compared exactly, white space around them aside. Missing ones and
 * ones that appear twice are faults, named; columns that are not mapped may be anything.
 */
export function findColumns(mapping: Mapping, header: readonly string[]): ColumnsOutcome {
  const names = header.map((name) => name.trim());
  const faults: string[] = [];

  function find(field: string, column: string): number {
    const index = names.indexOf(column);
    if (index < 0) {
      const other = names.find((name) => name.toLowerCase() === column.toLowerCase());
      const hint = other === undefined ? 'the first row must name it' : `the list writes it "${other}"`;
      faults.push(`column "${column}" (${field}) is missing: ${hint}; correct the list or the mapping`);
    } else if (names.includes(column, index + 1)) {
      faults.push(`column "${column}" (${field}) appears more than once: rename all but one`);
    }
    return index;
  }

  const columns: Columns = {
    count: header.length,
    identifier: find('identifier', mapping.identifier.column),
    fields: {},
  };
  for (const field of VOTER_FIELDS) {
    const source = mapping.fields[field];
    if (source?.constant !== undefined) columns.fields[field] = { constant: source.constant };
    else if (source?.column !== undefined) columns.fields[field] = { index: find(field, source.column) };
  }
  return faults.length > 0 ? { kind: 'refused', faults } : { kind: 'columns', columns };
}
