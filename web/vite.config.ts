/**
 * Builds the console from web/ into dist/. It must never emit inline scripts, inline styles or data: assets:
 * the server answers with a policy that refuses them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Leaves a .br and a .gz beside every text asset; the server hands them out as they are (`preCompressed`). */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    writeBundle(options, bundle) {
      for (const name of Object.keys(bundle).filter((file) => /\.(js|css|svg|html)$/.test(file))) {
        const path = join(options.dir ?? root, name);
        const bytes = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(bytes));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root,
  // Deep links (/voters/…) load the same index.html, so assets are addressed from the root, never relatively.
  base: '/',
  publicDir: false,
  plugins: [svelte({ configFile: `${root}svelte.config.js` }), precompress()],
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': 'http://127.0.0.1:8080' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
        codeSplitting: {
          groups: [
            // One request for what every page uses, instead of dozens on a slow line.
            {
              name: 'console',
              test: (id: string) =>
                /node_modules\/(svelte|esm-env|clsx)\//.test(id) ||
                /\/web\/(api|paths|routes|router\.svelte|App\.svelte|main|i18n\/[^/]+|pages\/registry)(\.ts|$)/.test(
                  id,
                ) ||
                /\/web\/ui\/(?!Dialog|Drawer|QrCode|dialog\.css)/.test(id) ||
                /\/web\/shell\/(?!Palette)/.test(id) ||
                /\/web\/session\/(?!PasswordChange|TotpEnrol|Briefing|StepUpDialog)/.test(id) ||
                id.endsWith('/server/lib/dates.ts'),
            },
          ],
        },
      },
    },
  },
});
