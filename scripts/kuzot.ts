// The command line's process: its arguments, its exit code, and an output somebody may stop reading.
import { runKuzot } from './commands/program.ts';

// Whoever reads the output may stop early (`| head`): that is no fault of the command's.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runKuzot(process.argv.slice(2));
