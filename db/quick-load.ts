// Node asks a package's package.json about each of its files, and reads all of it for every answer. drizzle-orm's is 178 KB for
// a hundred files: a quarter of what a server's start costs. Within that package the answer is known: a module, where the
// path says.
import { registerHooks } from 'node:module';

const library = '/node_modules/drizzle-orm/';

registerHooks({
  resolve(specifier, context, next) {
    const { parentURL } = context;
    const isWithin = parentURL?.includes(library) && /^\.\.?\/.*\.js$/.test(specifier);
    if (!isWithin) return next(specifier, context);
    return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true };
  },
});
