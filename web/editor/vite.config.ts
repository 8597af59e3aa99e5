import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { precompress } from "./build/precompress.ts";

/** While working on the page: the daemon that answers, WEH_DAEMON_URL=http://127.0.0.1:8423. */
const daemon = process.env["WEH_DAEMON_URL"] ?? "http://127.0.0.1:8423";

export default defineConfig({
    base: "./",
    // Of the repository as it is: it need not be built first.
    resolve: { alias: { "@webedithost/client": fileURLToPath(new URL("../client/src/index.ts", import.meta.url)) } },
    plugins: [react(), precompress()],
    build: {
        target: "es2022",
        // The Content-Security-Policy forbids data: for scripts and fonts; every asset is a file.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 900,
    },
    server: { proxy: { "/v1": { target: daemon, ws: true } } },
});
