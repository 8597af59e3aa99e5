// Modules of the page's source for tests that need no browser.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Loads the modules at @paths (below src); close() ends what was needed for that. */
export async function source(...paths) {
  const vite = await createServer({
    configFile: false,
    root,
    appType: "custom",
    logLevel: "error",
    server: { middlewareMode: true, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  const modules = [];
  for (const path of paths) modules.push(await vite.ssrLoadModule(`/src/${path}`));
  return { modules, close: () => vite.close() };
}
