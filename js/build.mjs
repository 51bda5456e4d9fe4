// Builds the files that the Python package carries: the bundle, those of what is not always needed, and the stub that each
// widget carries itself.

import { readFileSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

// The bundle travels with the first widget of a page, each other one when what it draws is first seen.
const LIMITS = {
  "stub.js": 3_000,
  "bundle.js": 150_000,
  "formula.js": 450_000,
  "nodes.js": 50_000,
  "terminal.js": 420_000,
};
const out = fileURLToPath(new URL("../batch_widgets/static/", import.meta.url));
const common = {
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};

await mkdir(out, { recursive: true });
await build({ ...common, entryPoints: ["src/stub.ts"], outfile: `${out}stub.js` });
const bundled = {
  ...common,
  loader: { ".css": "text" },
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [
    {
      // The style sheet travels inside the bundle, so it is made small too.
      name: "css-text",
      setup(b) {
        b.onLoad({ filter: /\.css$/ }, async ({ path }) => {
          const made = await build({ entryPoints: [path], minify: true, write: false, bundle: true });
          return { contents: made.outputFiles[0].text, loader: "text" };
        });
      },
    },
  ],
};
await build({ ...bundled, entryPoints: ["src/index.ts"], outfile: `${out}bundle.js` });
for (const name of ["formula", "nodes", "terminal"]) {
  await build({ ...bundled, entryPoints: [`src/${name}/index.ts`], outfile: `${out}${name}.js` });
}

for (const [name, limit] of Object.entries(LIMITS)) {
  const { size } = await stat(out + name);
  console.log(`${name} ${size} bytes, ${gzipSync(readFileSync(out + name), { level: 9 }).length} gzipped`);
  if (size > limit) throw new Error(`${name} is over ${limit} bytes`);
}
