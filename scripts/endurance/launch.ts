// One server process of the endurance run: preloaded with the faults it can be told to suffer, started when told, killed.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { FaultOrder } from './faults.ts';

export interface Child {
  /** Its address, once it listens; null when it ended before, and `said` is why. */
  start(fault: FaultOrder): Promise<string | null>;
  readonly said: string;
  kill(): void;
  readonly isDown: boolean;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
}

export interface LaunchOptions {
  /** The whole console, or what a voter's card passes on its way out: a fifth of the work to start. */
  server: 'whole' | 'door';
  /** Library whose syncs fail while the trigger file exists. */
  sync: { library: string; trigger: string } | null;
  /** No file it writes may pass this size: as a full disk does, every write beyond fails. */
  maxBytes: number | null;
}

export function launch(dir: string, { server, sync, maxBytes }: LaunchOptions): Child {
  const here = import.meta.dirname;
  const node = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    '--import',
    join(here, 'faults.ts'),
    join(here, `${server}.ts`),
    dir,
  ];
  const env = {
    ...process.env,
    ...(sync && { LD_PRELOAD: sync.library, FAILING_SYNC: sync.trigger }),
  };
  // Without the trap the signal of the limit would end the process instead of failing the write.
  const limited = `trap '' XFSZ; ulimit -f ${Math.ceil((maxBytes ?? 0) / 512)}; exec "$0" "$@"`;
  const child =
    maxBytes === null
      ? spawn(node[0]!, node.slice(1), { env })
      : spawn('sh', ['-c', limited, ...node], { env });
  let said = '';
  let isDown = false;
  let heard = () => {};
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      isDown = true;
      resolve();
      heard();
    }),
  );
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      heard();
    });
  const wait = (words: RegExp) =>
    new Promise<string | null>((resolve) => {
      heard = () => {
        const found = words.exec(said);
        if (found) resolve(found[1] ?? '');
        else if (isDown) resolve(null);
      };
      heard();
    });
  return {
    get said() {
      return said;
    },
    get isDown() {
      return isDown;
    },
    ended,
    kill: () => void child.kill('SIGKILL'),
    async start(fault) {
      await wait(/loaded/);
      child.stdin.write(`${JSON.stringify(fault)}\n`);
      return wait(/^listening (http\S+)/m);
    },
  };
}
