/**
 * Events from a file with one JSON object a line, in order. Faults name the line, never its content: events carry
 * people's data.
 */
import { createReadStream, statSync } from 'node:fs';
import type { TimedEvent } from './backtest.ts';
import { Fault } from './faults.ts';
import { fieldReader, isObject, type SigmaEvent } from './fields.ts';
import { eventTime } from './times.ts';

/** `line` counts from 1, blank ones too. */
export type EventLine = { event: SigmaEvent; timeMs: number | null; index: number; line: number };

const LONGEST_LINE = 16_000_000;

/** Yields events numbered from 0 (blank lines are not counted). Throws `Fault` for a line that is no object. */
export async function* readEventLines(file: string, timeField: string): AsyncGenerator<EventLine> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile())
    throw new Fault(
      file,
      found ? 'it is not a file' : 'there is no such file',
      'give a file with one JSON object on each line',
    );
  const readTime = fieldReader(timeField);
  let lineNumber = 0;
  let index = 0;
  for await (const line of linesOf(file)) {
    lineNumber++;
    const text = lineNumber === 1 ? line.replace(/^\ufeff/, '') : line;
    if (text.trim() === '') continue;
    const event = parseLine(text, `${file} line ${lineNumber}`);
    const raw = readTime(event);
    const timeMs = eventTime(Array.isArray(raw) ? raw[0] : raw);
    if (timeMs === null && raw !== undefined && raw !== null)
      throw new Fault(
        `${file} line ${lineNumber}`,
        `${timeField} is not a time`,
        'write ISO 8601, or seconds or milliseconds since 1970',
      );
    yield { event, timeMs, index: index++, line: lineNumber };
  }
}

/** Splits at line feeds only: a JSON text may hold the other characters that node:readline takes for line ends. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 18 })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new Fault(file, 'a line is too long', 'put one event on each line');
    yield* lines;
  }
  yield rest;
}

function parseLine(line: string, where: string): SigmaEvent {
  if (line.length > LONGEST_LINE)
    throw new Fault(where, 'the line is too long', 'put one event on each line');
  let value: unknown;
  try {
    value = LONG_NUMBER.test(line) ? JSON.parse(line, exactly) : JSON.parse(line);
  } catch {
    throw new Fault(where, 'the line is not JSON', 'write one JSON object on each line');
  }
  if (!isObject(value))
    throw new Fault(where, 'the line is not a JSON object', 'write one JSON object on each line');
  return value;
}

const LONG_NUMBER = /\d{16}/;

/**
 * A whole number too large to be exact stays as written: an identifier of 64 bits must be equal to itself alone, in a group and
 * in a rule (which has it in quotes). Comparisons and sums read it as a number all the same.
 */
function exactly(_: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? source : value;
}

/** The same, insisting on a time: without it no window can slide. */
export async function* readTimedEvents(file: string, timeField: string): AsyncGenerator<TimedEvent> {
  for await (const line of readEventLines(file, timeField))
    yield { event: line.event, timeMs: timeOf(line, file, timeField), index: line.index };
}

/** Throws `Fault` where there is none. */
export function timeOf({ timeMs, line }: EventLine, file: string, timeField: string): number {
  if (timeMs !== null) return timeMs;
  throw new Fault(
    `${file} line ${line}`,
    `it has no ${timeField}`,
    'add the time, or name its field with --time-field',
  );
}
