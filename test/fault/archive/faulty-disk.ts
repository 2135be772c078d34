/** Gives src/disk.ts faulty-fs.ts for the file operations of this process: import it before anything that uses the disk. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

Bun.plugin({
  name: "faulty-fs",
  setup(build) {
    build.onLoad({ filter: /\/src\/disk\.ts$/ }, ({ path }) => {
      const faulty = resolve("test/fault/faulty-fs.ts");
      return { contents: readFileSync(path, "utf8").replaceAll('"node:fs"', JSON.stringify(faulty)), loader: "ts" };
    });
  },
});
