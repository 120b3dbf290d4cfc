// `npm start`: the real server in a process of its own, which ends when a signal says so.
import { serve } from './serve.ts';

process.exitCode = await serve(
  () =>
    new Promise<void>((stop) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop());
    }),
);
