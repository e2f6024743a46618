// Builds the browser's files into derm_service/static/build: node frontend/build.mjs
// Every file carries a hash of its content; manifest.json says which name is current.
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import * as sass from "sass";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, "derm_service/static/build");
const fresh = `${out}.new`;
const nhsuk = join(root, "node_modules/nhsuk-frontend/dist");

const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 12);

/** Compile the style sheet; one that fetches anything from elsewhere is refused. */
function styles() {
  const { css } = sass.compile(join(root, "frontend/styles/app.scss"), {
    loadPaths: [nhsuk],
    style: "compressed",
    quietDeps: true,
  });
  const outside = css.match(/@font-face|@import|url\(\s*["']?(https?:)?\/\/[^)]*/i);
  if (outside) throw new Error(`The style sheet reaches outside the service: ${outside[0]}`);
  return css;
}

async function script(entry) {
  const result = await esbuild.build({
    entryPoints: [join(root, entry)],
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "inline",
    write: false,
    logLevel: "warning",
  });
  return result.outputFiles[0].contents;
}

async function build() {
  const files = {
    "app.css": styles(),
    "site.js": await script("frontend/site/main.ts"),
    "capture.js": await script("frontend/capture/main.ts"),
    "viewer.js": await script("frontend/viewer/main.ts"),
    "gate.js": await script("frontend/gate/worker.ts"),
  };
  await rm(fresh, { recursive: true, force: true });
  await mkdir(join(fresh, "assets"), { recursive: true });
  const manifest = {};
  for (const [name, bytes] of Object.entries(files)) {
    const [stem, ending] = name.split(".");
    manifest[name] = `${stem}-${hashOf(bytes)}.${ending}`;
    await writeFile(join(fresh, manifest[name]), bytes);
  }
  await cp(join(nhsuk, "nhsuk/assets"), join(fresh, "assets"), { recursive: true });
  await writeFile(join(fresh, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  // Swapped in whole, so that a running service never reads half a build.
  await rm(out, { recursive: true, force: true });
  await rename(fresh, out);
  return manifest;
}

// The window without a build is two system calls long; pages in it fail loudly, not wrongly.
const manifest = await build();
for (const name of Object.values(manifest)) console.log(`built ${name}`);
// A missing package surfaces here as an exception: node prints it and exits with 1.
await readFile(join(out, "manifest.json"));
