// Modules of the page's source for tests that need no browser.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** Loads the modules @names (paths below src, or packages); close() ends what was needed for that. */
export async function source(...names) {
  const vite = await createServer({
    configFile: join(root, "vite.config.ts"),
    root,
    appType: "custom",
    logLevel: "error",
    server: { middlewareMode: true, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  const modules = [];
  for (const name of names) modules.push(await vite.ssrLoadModule(name.startsWith("@") ? name : `/src/${name}`));
  return { modules, close: () => vite.close() };
}
