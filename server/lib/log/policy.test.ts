import { describe, expect, it } from 'vitest';
import { formatVkey, generateSigner, type Signer, signerFromPem, signerToPem } from './note.ts';
import { describeQuorum, meetsQuorum, type Policy, parsePolicy, policyWithoutWitnesses } from './policy.ts';

const log = generateSigner('log.example/kuzot');
const [x1, x2, x3, y1] = ['x1', 'x2', 'x3', 'y1'].map((name) => generateSigner(`${name}.example`, 4)) as [
  Signer,
  Signer,
  Signer,
  Signer,
];
const renamed = signerFromPem('other.example', signerToPem(log));
const key = (signer: Signer) => formatVkey(signer.verifier);
const example = `# parties and the court
log ${key(log)} https://log.example/

  witness X1\t${key(x1)}
witness X2 ${key(x2)}
witness X3 ${key(x3)} https://x3.example
group X 2 X1 X2 X3
witness Y ${key(y1)}
group Y-any any Y
group both all X Y-any
quorum both
`;

function policyOf(text: string): Policy {
  const parsed = parsePolicy(text);
  if (parsed.kind === 'refused') throw new Error(parsed.why);
  return parsed.policy;
}

describe('the witness policy (C2SP tlog-policy)', () => {
  it('counts cosigners by groups, as the example of the specification', () => {
    const policy = policyOf(example);
    // Verifiers are found through the policy, so these are its own objects.
    expect(policy.witnesses.map(({ name, url }) => [name, url])).toEqual([
      ['X1', null],
      ['X2', null],
      ['X3', 'https://x3.example'],
      ['Y', null],
    ]);
    expect(describeQuorum(policy)).toBe('2 of (2 of (X1, X2, X3), Y)');
    const by = (...names: string[]) =>
      policy.witnesses.filter(({ verifier }) => names.includes(verifier.name));
    expect(meetsQuorum(policy, by('x1.example', 'x3.example', 'y1.example'))).toBe(true);
    expect(meetsQuorum(policy, by('x1.example', 'y1.example'))).toBe(false);
    expect(meetsQuorum(policy, by('x1.example', 'x2.example', 'x3.example'))).toBe(false);
    expect(policy.logs.map(({ name }) => name)).toEqual(['log.example/kuzot']);
  });

  it('asks for no one where there are no witnesses yet', () => {
    expect(meetsQuorum(policyOf(policyWithoutWitnesses(log.verifier)), [])).toBe(true);
  });

  it.each<[string, string, string]>([
    ['no quorum', `log ${key(log)}\n`, 'no quorum'],
    ['two quorums', 'quorum none\nquorum none\n', 'line 2: a second quorum'],
    ['a quorum defined later', `quorum X\nwitness X ${key(x1)}\n`, 'line 1: X is not defined'],
    ['an unknown word', 'quorun none\n', 'line 1'],
    ['a witness key for a log', `log ${key(x1)}\nquorum none\n`, 'line 1: a key of type 1'],
    ['a log key for a witness', `witness X ${key(log)}\nquorum none\n`, 'line 1: a key of type 4 or 6'],
    [
      'a member of two groups',
      `witness X ${key(x1)}\nwitness Y ${key(x2)}\ngroup G any X\ngroup H any X Y\nquorum H\n`,
      'line 4: X is a member of another group',
    ],
    ['a broken key', `log ${key(log).replace('+', '-')}\nquorum none\n`, 'line 1'],
    [
      'one key twice',
      `witness X ${key(x1)}\nwitness Y ${key(x1)}\nquorum none\n`,
      'line 2: the same public key',
    ],
    [
      'one key under two names',
      `log ${key(log)}\nlog ${key(renamed)}\nquorum none\n`,
      'line 2: the same public key',
    ],
    ['one name twice', `witness X ${key(x1)}\nwitness X ${key(x2)}\nquorum none\n`, 'line 2: the name X'],
    ['the name none', `witness none ${key(x1)}\nquorum none\n`, 'line 1: the name none'],
    ['a threshold too high', `witness X ${key(x1)}\ngroup G 2 X\nquorum G\n`, 'line 2: the threshold'],
    ['a threshold of zero', `witness X ${key(x1)}\ngroup G 0 X\nquorum G\n`, 'line 2: the threshold'],
    ['a threshold in words', `witness X ${key(x1)}\ngroup G 1.0 X\nquorum G\n`, 'line 2: the threshold'],
    ['an empty group', 'group G all\nquorum G\n', 'line 1: the threshold'],
    ['a member twice', `witness X ${key(x1)}\ngroup G 1 X X\nquorum G\n`, 'line 2: a member'],
    ['a member not defined', 'group G 1 X\nquorum G\n', 'line 1: X is not defined'],
    ['a carriage return', 'quorum none\r\n', 'control character'],
    ['no last newline', 'quorum none', 'newline'],
  ])('refuses %s', (_, text, why) => {
    expect(parsePolicy(text)).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
  });
});
