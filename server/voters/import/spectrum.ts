/**
 * Reads one file of csv-spectrum, the public set of awkward CSV files, with the reader that imports use: for
 * `kuzot conformance`, and for the proof that the reader is sound. Decides nothing about imports.
 */
import { createCsvReader } from './csv.ts';
import { decoderOf } from './encoding.ts';

/**
 * The file's rows as objects keyed by its header, to be compared with csv-spectrum's JSON of the same name.
 * The cases named `…_crlf` are about carriage returns; copies that went through a version control that strips them
 * (then the file has none at all) get them back first, or no reader could give what the JSON says.
 * @throws Error when the reader refuses a record
 */
export function readSpectrum(name: string, csv: Uint8Array): Record<string, string>[] {
  let text = decoderOf('utf-8')(csv, true);
  if (name.endsWith('_crlf') && !text.includes('\r')) text = text.replaceAll('\n', '\r\n');
  const records: string[][] = [];
  const reader = createCsvReader({
    delimiter: ',',
    maxRecordLength: 65_536,
    sink: {
      record: (fields) => records.push(fields),
      broken: (fault, row) => {
        throw new Error(`row ${row} cannot be read: ${fault}`);
      },
    },
  });
  reader.push(text);
  reader.end();
  const [header = [], ...rows] = records;
  return rows.map((fields) => Object.fromEntries(header.map((column, at) => [column, fields[at] ?? ''])));
}
