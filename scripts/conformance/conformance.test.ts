import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { argon2id, hash } from 'argon2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBundle } from '#server/lib/log/bundles.ts';
import { signCheckpoint } from '#server/lib/log/checkpoint.ts';
import { leafHash, merkleRoot, nodeHash } from '#server/lib/log/merkle.ts';
import { formatVkey, generateSigner } from '#server/lib/log/note.ts';
import { findSuites, runConformance } from './run.ts';

let root: string;
let count = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'kuzot-vectors-'));
});
afterAll(() => rmSync(root, { recursive: true }));

type Files = Record<string, string | Uint8Array>;

async function run(files: Files) {
  const dir = join(root, `set-${count++}`);
  mkdirSync(dir);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  return { dir, results: await runConformance(dir) };
}

const one = async (files: Files) => (await run(files)).results[0]!;

const [a, b] = [leafHash(Buffer.from('a')), leafHash(Buffer.from('b'))];
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

describe('kuzot conformance', () => {
  it('passes right vectors, fails where the verdict differs, and counts both (rfc6962-merkle)', async () => {
    const vector = {
      leafIdx: 0,
      treeSize: 2,
      root: base64(nodeHash(a, b)),
      leafHash: base64(a),
      proof: [base64(b)],
    };
    const growth = {
      size1: 1,
      size2: 2,
      root1: base64(a),
      root2: base64(nodeHash(a, b)),
      proof: [base64(b)],
    };
    const result = await one({
      'rfc6962-merkle/inclusion/right.json': JSON.stringify({ ...vector, wantErr: false }),
      'rfc6962-merkle/inclusion/wrong.json': JSON.stringify({ ...vector, leafIdx: 1, wantErr: true }),
      'rfc6962-merkle/inclusion/no-proof.json': JSON.stringify({ ...vector, proof: null, wantErr: true }),
      'rfc6962-merkle/consistency/right.json': JSON.stringify({ ...growth, wantErr: false }),
      'rfc6962-merkle/consistency/mislabelled.json': JSON.stringify({ ...growth, wantErr: true }),
    });
    expect(result).toMatchObject({ passed: 4, failed: 1 });
    expect(result.failures).toEqual(['consistency/mislabelled.json: a wrong proof was accepted']);
  });

  it('fails a changed tile, bundle or checkpoint of a foreign log (tlog-tiles-tessera)', async () => {
    const signer = generateSigner('log.example/foreign');
    const checkpoint = (size: number) =>
      signCheckpoint(
        { origin: 'log.example/foreign', size, root: merkleRoot([a, b].slice(0, size)), extensions: [] },
        signer,
      );
    const files = (entry: string, second: Uint8Array): Files => ({
      'tlog-tiles-tessera/KEY.txt': `the key:\n${formatVkey(signer.verifier)}\n`,
      'tlog-tiles-tessera/log/checkpoint': checkpoint(2),
      'tlog-tiles-tessera/log/checkpoint.1': checkpoint(1),
      'tlog-tiles-tessera/log/tile/0/000.p/2': Buffer.concat([a, second]),
      'tlog-tiles-tessera/log/tile/entries/000.p/2': encodeBundle([Buffer.from('a'), Buffer.from(entry)]),
    });
    // Two checkpoints, their roots, one tile, one bundle, one pair, two entries.
    expect(await one(files('b', b))).toMatchObject({ passed: 9, failed: 0 });
    expect((await one(files('b', a))).failures).toEqual([
      'tile/0/000.p/2: has other hashes than its entries give',
    ]);
    expect((await one(files('c', b))).failed).toBeGreaterThan(0);
    const foreign = {
      ...files('b', b),
      'tlog-tiles-tessera/KEY.txt': formatVkey(generateSigner('x').verifier),
    };
    expect((await one(foreign)).failed).toBeGreaterThan(0);
  });

  it('compares tags, and says what it cannot compare (argon2-kats)', async () => {
    const tag = await hash('pw', {
      raw: true,
      type: argon2id,
      memoryCost: 32,
      timeCost: 1,
      parallelism: 1,
      hashLength: 16,
      salt: Buffer.alloc(8, 2),
      secret: Buffer.alloc(0),
      associatedData: Buffer.alloc(3, 4),
    });
    const spaced = (bytes: Uint8Array) =>
      [...bytes].map((byte) => `${Buffer.of(byte).toString('hex')} `).join('');
    const answer = (bytes: Uint8Array) =>
      [
        'Argon2id version number 19',
        'Memory: 32 KiB, Iterations: 1, Parallelism: 1 lanes, Tag length: 16 bytes',
        'Password[2]: 70 77 ',
        `Salt[8]: ${spaced(Buffer.alloc(8, 2))}`,
        'Secret[0]: ',
        'Associated data[3]: 04 04 04 ',
        'Block 0000 [  0]: 6b2e09f10671bd43',
        `Tag: ${spaced(bytes)}`,
        '',
      ].join('\n');
    const result = await one({
      'argon2-kats/right': answer(tag),
      'argon2-kats/wrong': answer(Buffer.alloc(16)),
    });
    expect(result).toMatchObject({ passed: 1, failed: 1 });
    expect(result.notes).toEqual([expect.stringContaining('2 intermediate values')]);
  });

  it('reads CSV as the importer does, carriage returns lost by the copy put back (csv-spectrum)', async () => {
    const json = JSON.stringify([{ x: '1', y: 'a\r\nb' }]);
    const result = await one({
      'csv-spectrum/csvs/kept_crlf.csv': 'x,y\r\n1,"a\r\nb"\r\n',
      'csv-spectrum/json/kept_crlf.json': json,
      'csv-spectrum/csvs/lost_crlf.csv': 'x,y\n1,"a\nb"\n',
      'csv-spectrum/json/lost_crlf.json': json,
      'csv-spectrum/csvs/other.csv': 'x,y\n1,2\n',
      'csv-spectrum/json/other.json': '[{"x":"1","y":"3"}]',
    });
    expect(result).toMatchObject({ passed: 2, failed: 1, failures: ['csvs/other.csv: is read otherwise'] });
    expect(result.notes[0]).toContain('lost_crlf');
  });

  it('holds rules to the schema and to the engine, and runs printed rules but not fragments (sigma-spec)', async () => {
    const rule = 'title: R\nlogsource:\n  product: p\ndetection:\n  s:\n    a: 1\n  condition: s\n';
    const counted =
      'title: C\ncorrelation:\n  type: event_count\n  rules: [r]\n  group-by: [a]\n  timespan: 1h\n  condition:\n    gte: 2\n';
    const schema = JSON.stringify({ type: 'object', required: ['title', 'logsource', 'detection'] });
    const result = await one({
      'sigma-spec/json-schema/sigma-detection-rule-schema.json': schema,
      'sigma-spec/tests/right.yml': rule,
      'sigma-spec/tests/unscoped.yml': rule.replace('logsource:\n  product: p\n', ''),
      'sigma-spec/specification/text.md': `x\n\`\`\`yaml\n${counted}\`\`\`\n\`\`\`yml\ntitle: only\n\`\`\`\n\`\`\`yaml\n${counted.replace('1h', 'soon')}\`\`\`\n`,
    });
    expect(result.notes).toEqual([expect.stringContaining('1 printed examples')]);
    expect(result.failures.map((line) => line.split(':')[0])).toEqual([
      'tests/unscoped.yml against the schema',
      'text.md, line 16',
    ]);
    expect(result.passed).toBe(4);
  });

  it('wants every hostile string kept, or refused where it has no UTF-8 form (hostile-strings)', async () => {
    const strings = [
      '',
      'text',
      '"',
      '\r\n',
      '\u0000',
      'ё\u0301\ufeff',
      '\ud800',
      '=1+1',
      '{"a":1}',
      'Ω≈ç√∫˜µ≤≥÷',
    ];
    expect(await one({ 'hostile-strings/all.json': JSON.stringify(strings) })).toMatchObject({
      passed: strings.length,
      failed: 0,
    });
  });

  it('fails a folder it cannot read or that holds nothing, and only names folders it does not know', async () => {
    const { dir, results } = await run({
      'csv-spectrum/readme.md': 'nothing else',
      'hostile-strings/broken.json': '[',
      'other-things/x': '',
    });
    expect(results.map(({ name, passed, failed }) => ({ name, passed, failed }))).toEqual([
      { name: 'csv-spectrum', passed: 0, failed: 1 },
      { name: 'hostile-strings', passed: 0, failed: 1 },
    ]);
    expect(findSuites(dir).unknown).toEqual(['other-things']);
    expect(findSuites(join(dir, 'csv-spectrum')).known).toHaveLength(1);
    expect(findSuites(join(dir, 'nowhere'))).toEqual({ known: [], unknown: [] });
  });
});
