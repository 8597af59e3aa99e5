import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const TEXTS = /\.(html|js|css|svg|json)$/;
/** Below that a second body is not worth its own copy in the daemon's memory. */
const LEAST_BYTES = 512;

/** Puts FILE.br and FILE.gz beside each text: the daemon sends what it finds, and compresses nothing itself. */
export function precompress(): Plugin {
    let folder = "";
    return {
        name: "precompress",
        apply: "build",
        configResolved(config) {
            folder = config.build.outDir;
        },
        closeBundle() {
            for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
                const path = join(folder, name);
                if (!TEXTS.test(name) || statSync(path).size < LEAST_BYTES) continue;
                const bytes = readFileSync(path);
                const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
                writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }));
                writeFileSync(`${path}.gz`, gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
            }
        },
    };
}
