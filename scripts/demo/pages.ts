// Builds the console's pages when there are none or something in web/ is newer. Must not run a build that is not needed:
// the demo should start in seconds the second time.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './place.ts';

export const pagesDir = join(root, 'web', 'dist');

/** False when the build failed; what it said went to standard error. */
export function buildPages(): boolean {
  const index = join(pagesDir, 'index.html');
  if (existsSync(index) && statSync(index).mtimeMs >= newest(join(root, 'web'))) return true;
  console.log('Building the pages …');
  const built = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      '--config',
      'web/vite.config.ts',
      '--outDir',
      pagesDir,
      '--logLevel',
      'error',
    ],
    { cwd: root, stdio: ['ignore', 2, 2] },
  );
  return built.status === 0;
}

/** Time of the last change of any source the pages are built from, epoch ms. */
function newest(folder: string): number {
  return Math.max(
    0,
    ...readdirSync(folder, { withFileTypes: true }).map((found) => {
      const path = join(found.parentPath, found.name);
      if (found.isDirectory()) return path === pagesDir || found.name === 'e2e' ? 0 : newest(path);
      return found.name.endsWith('.test.ts') ? 0 : statSync(path).mtimeMs;
    }),
  );
}
