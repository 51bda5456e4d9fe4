// Builds the two files that the Python package carries: the bundle, and the stub that each widget carries itself.

import { readFileSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const LIMIT = 150_000;
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
await build({
  ...common,
  entryPoints: ["src/index.ts"],
  outfile: `${out}bundle.js`,
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
});

for (const name of ["stub.js", "bundle.js"]) {
  const { size } = await stat(out + name);
  console.log(`${name} ${size} bytes, ${gzipSync(readFileSync(out + name), { level: 9 }).length} gzipped`);
  if (size > LIMIT) throw new Error(`${name} is over ${LIMIT} bytes`);
}
