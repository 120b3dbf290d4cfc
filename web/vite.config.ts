/**
 * Builds the console from web/ into dist/. It must never emit inline scripts, inline styles or data: assets:
 * the server answers with a policy that refuses them.
 */
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig({
  root,
  // Deep links (/voters/…) load the same index.html, so assets are addressed from the root, never relatively.
  base: '/',
  publicDir: false,
  plugins: [svelte({ configFile: `${root}svelte.config.js` })],
  server: { host: '127.0.0.1', port: 5173, proxy: { '/api': 'http://127.0.0.1:8080' } },
  build: {
    outDir: '../dist',
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
