import { sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bindingLine,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from './checkpoint.ts';
import { cosign, verifyCosignature } from './cosignature.ts';
import {
  formatVkey,
  generateSigner,
  openNote,
  parseNote,
  parseVkey,
  signatureLine,
  signerFromPem,
  signerToPem,
  signNote,
  type Verifier,
} from './note.ts';

// The example of C2SP signed-note.
const exampleVkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const exampleNote = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`;
const signer = generateSigner('log.example/kuzot');
const witness = generateSigner('witness.example/court', 4);
const root = Buffer.alloc(32, 5);

function verifierOf(vkey: string): Verifier {
  const parsed = parseVkey(vkey);
  if (parsed.kind !== 'ok') throw new Error(parsed.why);
  return parsed.verifier;
}

/** Every text that differs from this one in a single bit. */
function* flips(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length * 8; at++) {
    const flipped = Buffer.from(bytes);
    flipped[at >> 3]! ^= 1 << (at & 7);
    yield flipped;
  }
}

describe('signed notes (C2SP signed-note)', () => {
  it('opens the example of the specification', () => {
    expect(openNote(exampleNote, [verifierOf(exampleVkey)])).toMatchObject({
      kind: 'ok',
      text: 'This is an example message.\n',
      unknown: [],
    });
    expect(formatVkey(verifierOf(exampleVkey))).toBe(exampleVkey);
  });

  it('refuses every single-bit change of a note', () => {
    for (const flipped of flips(Buffer.from(exampleNote))) {
      expect(openNote(flipped, [verifierOf(exampleVkey)]).kind, flipped.toString()).toBe('refused');
    }
  });

  it('refuses every single-bit change of a verifier key', () => {
    for (const flipped of flips(Buffer.from(exampleVkey))) {
      expect(parseVkey(flipped.toString('latin1')).kind, flipped.toString('latin1')).toBe('refused');
    }
    expect(parseVkey(`${exampleVkey}\n`).kind).toBe('refused');
  });

  it.each<[string, string]>([
    ['no signature', 'text\n\n'],
    ['no blank line', 'text\n— a AAAAAAA=\n'],
    ['no last newline', exampleNote.slice(0, -1)],
    ['carriage returns', exampleNote.replaceAll('\n', '\r\n')],
    ['a hyphen for the dash', exampleNote.replace('—', '-')],
    ['two spaces', exampleNote.replace('foo U', 'foo  U')],
    ['base64 without padding', exampleNote.replace('=\n', '\n')],
    ['text after the signatures', `${exampleNote}more\n`],
  ])('refuses a note with %s', (_, note) => {
    expect(parseNote(note).kind).toBe('refused');
  });

  it('refuses what a careless signer signed: control characters, and bytes that only decode to the signed text', () => {
    const signed = (text: string) =>
      `${text}\n${signatureLine(signer.verifier, sign(null, Buffer.from(text), signer.privateKey))}`;
    expect(openNote(signed('a b\n'), [signer.verifier]).kind).toBe('ok');
    expect(openNote(signed('a\tb\n'), [signer.verifier]).kind).toBe('refused');
    const replaced = Buffer.from(signed('a \ufffd b\n'));
    expect(openNote(replaced, [signer.verifier]).kind).toBe('ok');
    const invalid = Buffer.concat([replaced.subarray(0, 2), Buffer.of(0xff), replaced.subarray(5)]);
    expect(openNote(invalid, [signer.verifier]).kind).toBe('refused');
  });

  it('ignores signatures of unknown keys, also under a known name, but rejects a false one of a known key', () => {
    const other = generateSigner('example.com/foo');
    const line = signNote('This is an example message.\n', other).split('\n\n')[1]!;
    const opened = openNote(exampleNote + line, [verifierOf(exampleVkey)]);
    expect(opened.kind === 'ok' && opened.unknown.length).toBe(1);
    expect(openNote(exampleNote + line, [verifierOf(exampleVkey), other.verifier]).kind).toBe('ok');
    expect(openNote(exampleNote, [other.verifier])).toEqual({
      kind: 'refused',
      why: 'no signature by a known key',
    });
    const forged = signNote('Another text.\n', other).split('\n\n')[1]!;
    expect(openNote(exampleNote + forged, [verifierOf(exampleVkey), other.verifier]).kind).toBe('refused');
  });

  it('signs any text of several lines, and keeps a key through its PEM', () => {
    const again = signerFromPem('log.example/kuzot', signerToPem(signer));
    expect(formatVkey(again.verifier)).toBe(formatVkey(signer.verifier));
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (lines) => {
        const text = `${lines.join('\n').replaceAll(/[^\n\P{Cc}]/gu, ' ')}\n`;
        expect(openNote(signNote(text, again), [signer.verifier])).toMatchObject({ kind: 'ok', text });
      }),
    );
    expect(() => signNote('no newline', signer)).toThrow(TypeError);
    expect(() => generateSigner('two words')).toThrow(TypeError);
  });
});

describe('checkpoints (C2SP tlog-checkpoint)', () => {
  const binding = bindingLine(`${formatVkey(signer.verifier)}\n`, 'quorum none\n');
  const checkpoint = { origin: 'log.example/kuzot', size: 20_852_163, root, extensions: [binding] };

  it('opens what it signed, and only under the right origin and key', () => {
    const note = signCheckpoint(checkpoint, signer);
    expect(openCheckpoint(note, [signer.verifier])).toMatchObject({ kind: 'ok', checkpoint, unknown: [] });
    expect(openCheckpoint(note, [signer.verifier], 'other.example').kind).toBe('refused');
    expect(openCheckpoint(note, [generateSigner('log.example/kuzot').verifier]).kind).toBe('refused');
  });

  it.each<[string, string]>([
    ['a leading zero', `o\n01\n${root.toString('base64')}\n`],
    ['a sign', `o\n+1\n${root.toString('base64')}\n`],
    ['a size beyond exact numbers', `o\n9007199254740993\n${root.toString('base64')}\n`],
    ['a short root', 'o\n1\nAAAA\n'],
    ['stray base64 bits', `o\n1\n${root.toString('base64').slice(0, -2)}V=\n`],
    ['no root', 'o\n1\n'],
    ['an empty origin', `\n1\n${root.toString('base64')}\n`],
    ['an empty extension', `o\n1\n${root.toString('base64')}\n\n`],
  ])('refuses %s', (_, text) => {
    expect(parseCheckpoint(text).kind).toBe('refused');
  });

  it('refuses to sign what is no checkpoint', () => {
    expect(() => formatCheckpoint({ ...checkpoint, size: -1 })).toThrow(TypeError);
    expect(() => formatCheckpoint({ ...checkpoint, root: Buffer.alloc(31) })).toThrow(TypeError);
    expect(() => formatCheckpoint({ ...checkpoint, extensions: ['a\nb'] })).toThrow(TypeError);
  });

  it('binds the verifier key and the policy to their last byte', () => {
    expect(bindingLine('v\n', 'p\n')).not.toBe(bindingLine('v\n', 'p'));
    expect(bindingLine('v\n', 'p\n')).not.toBe(bindingLine('v', 'p\n'));
  });

  it.each([
    ['Ed25519', witness],
    ['ML-DSA-44', generateSigner('witness.example/pq', 6)],
  ])('carries cosignatures of witnesses (%s), checked over time and text', (_, witness) => {
    expect(parseVkey(formatVkey(witness.verifier))).toMatchObject({
      kind: 'ok',
      verifier: { name: witness.verifier.name, keyId: witness.verifier.keyId },
    });
    const note = signCheckpoint(checkpoint, signer);
    const opened = openCheckpoint(note + cosign(formatCheckpoint(checkpoint), 1_700_000_000, witness), [
      signer.verifier,
    ]);
    if (opened.kind !== 'ok') throw new Error(opened.why);
    const [line] = opened.unknown;
    const bytes = Buffer.from(line!.signature);
    bytes.fill(0, 0, 8);
    expect(verifyCosignature(opened.body, { ...line!, signature: bytes }, witness.verifier)).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('impossible time'),
    });
    expect(verifyCosignature(opened.body.replace(/^\d+$/m, '7'), line!, witness.verifier).kind).toBe(
      'refused',
    );
    expect(verifyCosignature(opened.body, line!, witness.verifier)).toEqual({
      kind: 'ok',
      timeSeconds: 1_700_000_000,
    });
    const later = Buffer.from(line!.signature);
    later[7]! ^= 1;
    expect(verifyCosignature(opened.body, { ...line!, signature: later }, witness.verifier).kind).toBe(
      'refused',
    );
    expect(verifyCosignature(opened.body, line!, signer.verifier).kind).toBe('refused');
  });
});
