import { describe, expect, it } from 'vitest';
import { formatAddCheckpoint, parseWitnessSize, readCosignature } from './add-checkpoint.ts';
import { formatCheckpoint, signCheckpoint } from './checkpoint.ts';
import { cosign } from './cosignature.ts';
import { addCosignatures } from './cosigned-note.ts';
import { formatVkey, generateSigner } from './note.ts';
import { parsePolicy } from './policy.ts';

const log = generateSigner('log.example/kuzot');
const witness = generateSigner('witness.example/court', 4);
const other = generateSigner('witness.example/party', 6);
const checkpoint = { origin: 'log.example/kuzot', size: 9, root: Buffer.alloc(32, 7), extensions: [] };
const body = formatCheckpoint(checkpoint);
const note = signCheckpoint(checkpoint, log);
const line = cosign(body, 1_700_000_000, witness);
const read = (answer: string) => readCosignature(note, Buffer.from(answer), witness.verifier);

describe('add-checkpoint (C2SP tlog-witness)', () => {
  it('sends old size, proof, an empty line and the checkpoint', () => {
    const hash = Buffer.alloc(32, 1);
    expect(formatAddCheckpoint(5, [hash, hash], note)).toBe(
      `old 5\n${hash.toString('base64')}\n${hash.toString('base64')}\n\n${note}`,
    );
    expect(formatAddCheckpoint(0, [], note)).toBe(`old 0\n\n${note}`);
    expect(() => formatAddCheckpoint(5, Array(64).fill(hash), note)).toThrow(RangeError);
  });

  it.each<[string | null, string, number | null]>([
    ['text/x.tlog.size', '20852014\n', 20_852_014],
    ['text/x.tlog.size; charset=utf-8', '0\n', 0],
    ['text/x.tlog.size', '20852014', null],
    ['text/x.tlog.size', '020\n', null],
    ['text/x.tlog.size', '9007199254740993\n', null],
    ['text/x.tlog.size', '12\n13\n', null],
    ['text/plain', '12\n', null],
    [null, '12\n', null],
  ])('takes a size from %j %j: %j', (type, text, size) => {
    expect(parseWitnessSize(type, text)).toBe(size);
  });

  it('takes the witness’s own line and no other', () => {
    expect(read(line)).toEqual({ kind: 'ok', line, timeSeconds: 1_700_000_000 });
    const foreign = cosign(body, 1_700_000_000, other);
    expect(read(foreign + line)).toEqual({ kind: 'ok', line, timeSeconds: 1_700_000_000 });
  });

  it.each([
    ['nothing', '', 'no signature'],
    ['garbage', 'hello\n', 'malformed'],
    ['a line that does not end', line.trimEnd(), 'no newline'],
    ['another key', cosign(body, 1, other), 'no signature by its key'],
    ['the log’s own signature', note.slice(note.indexOf('—')), 'no signature by its key'],
    ['two lines', line + cosign(body, 1_700_000_001, witness), 'two signatures'],
    ['another tree', cosign(formatCheckpoint({ ...checkpoint, size: 8 }), 1, witness), 'does not match'],
    ['a time of zero', cosign(body, 0, witness), 'impossible time'],
    ['a note of its own', `log.example/kuzot\n8\nAAAA\n\n${line}`, 'blank line'],
  ])('refuses %s', (_, answer, why) => {
    expect(read(answer)).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
  });

  it('adds stored lines of the policy’s witnesses to a note once, and leaves out what does not stand', () => {
    const text = `witness court ${formatVkey(witness.verifier)}\nquorum court\n`;
    const parsed = parsePolicy(text);
    if (parsed.kind === 'refused') throw new Error(parsed.why);
    const lines = [
      cosign(body, 5, other),
      cosign(formatCheckpoint({ ...checkpoint, size: 8 }), 5, witness),
      'nonsense\n',
      line,
    ];
    expect(addCosignatures(note, lines, parsed.policy)).toBe(note + line);
    expect(addCosignatures(note + line, lines, parsed.policy)).toBe(note + line);
  });
});
