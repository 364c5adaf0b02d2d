// Bundles each lambda/*.lambda.ts into assets/<name>/index.mjs, dependencies included.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { minify } from 'terser';

/**
 * `import 'node:http'` from an ES module makes Node 24 load all of undici to build the
 * module's namespace (nodejs/node#59686): 15 ms of cold start. Asking for the builtin directly does not.
 */
const directBuiltins = {
  name: 'direct-builtins',
  setup(b) {
    b.onResolve({ filter: /^node:(http|https|net|tls|crypto|stream|fs|path)$/ }, (a) =>
      a.kind === 'import-statement' ? { path: a.path, namespace: 'builtin' } : undefined,
    );
    b.onResolve({ filter: /^get-builtin$/ }, (a) => ({ path: a.path, namespace: 'get-builtin' }));
    b.onLoad({ filter: /.*/, namespace: 'get-builtin' }, () => ({
      contents: 'export const { getBuiltinModule } = process;',
    }));
    b.onLoad({ filter: /.*/, namespace: 'builtin' }, (a) => {
      // Listing the names does not read them; reading `http.WebSocket` is what loads undici.
      const names = Object.keys(process.getBuiltinModule(a.path)).filter((name) => /^[a-zA-Z]\w*$/.test(name));
      const lines = names.map((name) => `export const ${name} = /* @__PURE__ */ (() => builtin.${name})();`);
      return {
        contents: [
          `import { getBuiltinModule } from 'get-builtin';`,
          `const builtin = getBuiltinModule(${JSON.stringify(a.path)});`,
          'export default builtin;',
          ...lines.filter((line) => !/const default\b/.test(line)),
        ].join('\n'),
        loader: 'js',
      };
    });
  },
};

/** CommonJS dependencies inside an ES module bundle look for `require`. */
const requireShim = "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);";

/** On the path of every call. */
const HOT = new Set(['mcp', 'authorizer']);
/** No CommonJS inside, and minified further. */
const LEAN = new Set([...HOT, 'authz', 'connect', 'fetcher', 'grants', 'keys']);

/** Properties that no JSON and no API knows by name: in the hot bundles they are one letter long. */
const OWN_NAMES =
  /^(deadlineMs|needles|upstreamNames|gatewayUrl|endpointSuffix|targetPrefix|isAnswered|isBetweenEvents|sealSession|pieces|contentType|hasServed|hasHeard|isOpen|idleSinceMs|keepAliveMs|movedBytes|isReusable|tlsSession|endsWithConnection|onWanted|onClosed|onHead|onData|onEnd|onLost|onGone|giveBack|dropIdle|budgetMs|framing|isFailing|hasRested)$/;

export async function buildFunctions(root) {
  const entries = readdirSync(join(root, 'lambda')).filter((f) => f.endsWith('.lambda.ts'));
  for (const stale of existsSync(join(root, 'assets')) ? readdirSync(join(root, 'assets')) : []) {
    if (!entries.includes(`${stale}.lambda.ts`)) rmSync(join(root, 'assets', stale), { recursive: true });
  }
  mkdirSync(join(root, 'build/meta'), { recursive: true });
  await Promise.all(entries.map((file) => buildFunction(root, file.replace('.lambda.ts', ''), join('lambda', file))));
}

/** An entry, and each module it imports by `import()` as a file of its own beside it: loaded by whoever needs it. */
async function buildFunction(root, name, entry) {
  const queue = [{ source: join(root, entry), file: 'index' }];
  let mangleCache = {};
  for (const { source, file } of queue) {
    const found = new Map();
    const chunks = {
      name: 'chunks',
      setup(b) {
        b.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
          if (kind !== 'dynamic-import') return undefined;
          const chunk = { source: join(resolveDir, `${path}.ts`), file: basename(path) };
          found.set(`./${chunk.file}.mjs`, chunk);
          return { path: `./${chunk.file}.mjs`, external: true };
        });
      },
    };
    const outfile = join(root, 'assets', name, `${file}.mjs`);
    const plain = LEAN.has(name) ? join(root, 'build/functions', name, `${file}.mjs`) : outfile;
    const built = await build({
      entryPoints: [source],
      outfile: plain,
      absWorkingDir: root,
      bundle: true,
      minify: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      sourcemap: 'external',
      metafile: true,
      legalComments: 'none',
      logLevel: 'warning',
      plugins: [chunks, directBuiltins],
      banner: LEAN.has(name) ? {} : { js: requireShim },
      // The same ones in all files of a function: they hand each other objects.
      ...(HOT.has(name) ? { mangleProps: OWN_NAMES, mangleCache } : {}),
    });
    mangleCache = built.mangleCache;
    // Not those that only code refers to which was left out.
    for (const { path } of Object.values(built.metafile.outputs).flatMap(({ imports }) => imports)) {
      const chunk = found.get(path);
      if (chunk && !queue.some((known) => known.source === chunk.source)) queue.push(chunk);
    }
    writeFileSync(
      join(root, 'build/meta', file === 'index' ? `${name}.json` : `${name}.${file}.json`),
      JSON.stringify(built.metafile),
    );
    if (plain !== outfile) await minifyFurther(plain, outfile, HOT.has(name));
  }
  const made = queue.flatMap(({ file }) => [`${file}.mjs`, `${file}.mjs.map`]);
  for (const stale of readdirSync(join(root, 'assets', name)).filter((file) => !made.includes(file))) {
    rmSync(join(root, 'assets', name, stale));
  }
}

/** Terser takes another 2 % to 3 % off what esbuild has minified. */
async function minifyFurther(from, to, isHot) {
  const { code, map } = await minify(readFileSync(from, 'utf8'), {
    module: true,
    ecma: 2020,
    compress: {
      ecma: 2020,
      passes: 4,
      hoist_funs: true,
      // Unsafe where a method is called by `new`, or an old-style function's prototype is used: nothing here does.
      unsafe_arrows: true,
      unsafe_methods: true,
      // `+` in place of a template, `Error()` of `new Error()`: other where an object has a valueOf of its own. None has.
      unsafe: true,
      // A function moved into its only caller is made anew by each call: 30 % of a call's CPU time.
      ...(isHot ? { inline: false, reduce_funcs: false } : {}),
    },
    sourceMap: { content: readFileSync(`${from}.map`, 'utf8'), filename: basename(to) },
  });
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, code);
  writeFileSync(`${to}.map`, map);
}
