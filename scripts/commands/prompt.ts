// Asks a person at the terminal, or reads the same answers line by line from standard input when there is no terminal.
// Secrets are never echoed, never taken from the command line (others could read it), never printed.
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandFault } from './installation.ts';

export interface Asker {
  /** A visible answer; `fallback` for an empty one. */
  ask(question: string, fallback?: string): Promise<string>;
  /** An answer nobody sees being typed. */
  askSecret(question: string): Promise<string>;
  close(): void;
}

/** Throws CommandFault 2 from its questions when the input ends before they are answered. */
export function createAsker(): Asker {
  const isTerminal = process.stdin.isTTY === true;
  let muted = false;
  const echo = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) process.stderr.write(chunk as Buffer);
      done();
    },
  });
  const lines: string[] = [];
  const waiting: ((line: string | null) => void)[] = [];
  let ended = false;
  let reader: Interface | null = null;

  function start(): Interface {
    if (reader) return reader;
    reader = createInterface({ input: process.stdin, output: echo, terminal: isTerminal });
    reader.on('line', (line) => {
      const next = waiting.shift();
      if (next) next(line);
      else lines.push(line);
    });
    reader.on('close', () => {
      ended = true;
      for (const next of waiting.splice(0)) next(null);
    });
    return reader;
  }

  async function answer(question: string, secret: boolean): Promise<string> {
    start();
    if (isTerminal) process.stderr.write(question);
    muted = secret;
    const line =
      lines.shift() ?? (ended ? null : await new Promise<string | null>((resolve) => waiting.push(resolve)));
    muted = false;
    if (secret && isTerminal) process.stderr.write('\n');
    if (line === null)
      throw new CommandFault(
        2,
        `Nothing answered "${question.trim()}".`,
        'Run it at a terminal, or give the answers as lines of standard input.',
      );
    return line;
  }

  return {
    async ask(question, fallback = '') {
      const shown = fallback === '' ? `${question}: ` : `${question} [${fallback}]: `;
      return (await answer(shown, false)).trim() || fallback;
    },
    askSecret: (question) => answer(`${question}: `, true),
    close() {
      reader?.close();
    },
  };
}
