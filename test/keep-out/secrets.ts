/** Values that must be told to nobody but the agent, and the search for them wherever skep may have left one. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { allPids, readSystem } from "../../src/process/liveness.ts";
import type { Cli } from "../cli/verbs/harness.ts";
import type { Ran } from "../sandbox.ts";

/** In every secret: whatever is done to the rest of a value, this part of it stays as it is. */
export const MARK: string = `hush${randomBytes(12).toString("hex")}`;

const hash = (value: string): string => createHash("sha256").update(value).digest("hex");
/** A child that says of each variable which it is, or that it is not set, and says none of them; then what stands after it. */
export const proving = (names: readonly string[], then: string): readonly string[] => {
  const each = names.map((name) => `echo ${name} $(printf %s "\${${name}-unset}" | sha256sum | cut -c1-64)`);
  return ["sh", "-c", [...each, then].join("\n")];
};
export const proof = (values: Readonly<Record<string, string | undefined>>): readonly string[] =>
  Object.entries(values).map(([name, value = "unset"]) => `${name} ${hash(value)}`);

export interface Secrets {
  /** A file for --env-file, out of the places that are searched. */
  file(name: string, text: string): string;
  /** Runs a verb, and fails when it says a secret. */
  hushed(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** Fails when a secret stands in a file of the sandbox, or in any process's arguments. */
  search(): void;
}

export function openSecrets({ box, skep }: Cli): Secrets {
  const given = join(box.folder, "given");
  mkdirSync(given);
  return {
    file(name, text) {
      writeFileSync(join(given, name), text);
      return join(given, name);
    },
    async hushed(args, env = {}) {
      const ran = await skep(args, { env });
      assert.ok(!`${ran.stdout}${ran.stderr}`.includes(MARK), `skep ${args.join(" ")}: ${ran.stdout}${ran.stderr}`);
      return ran;
    },
    search() {
      assert.deepEqual(
        filesBelow(box.folder).filter((path) => !path.startsWith(given) && bytesOf(path).includes(MARK)),
        [],
      );
      assert.deepEqual(
        allPids().filter((pid) => readSystem(`/proc/${pid}/cmdline`)?.includes(MARK)),
        [],
      );
    },
  };
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true);
const bytesOf = (path: string): Buffer => {
  const bytes = readFileSync(path);
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
};

/** A plugin that writes down all that a hook is told. Only of a launch's environment it writes names: that one may add to it. */
export const hearingPlugin = (into: string): string => `import { appendFileSync } from "node:fs";
const hear = (hook) => (...told) => appendFileSync(${JSON.stringify(into)}, JSON.stringify([hook, ...told]) + "\\n");
const names = ["agent:spawn", "agent:remove", "agent:event", "agent:turn", "agent:status", "agent:stop", "swarm:reload", "swarm:close"];
const bare = (told) => ({ ...told, env: Object.keys(told.env ?? {}) });
const launch = (launch, run) => hear("agent:launch")(bare(launch), bare(run));
const runner = (name, launch) => ({ name, turns: "none", output: "text", launch });
export default { name: "hears", version: "1.0.0", api: 1,
  hooks: { ...Object.fromEntries(names.map((name) => [name, hear(name)])), "agent:launch": launch },
  runners: [
    runner("throws", () => { throw new Error("it will not"); }),
    runner("adds", ({ args }) => ({ argv: args, env: { ADDED: ${JSON.stringify(`${MARK} added`)} } })),
    runner("tears", () => ({ argv: ["true"], env: { ADDED: ${JSON.stringify(`${MARK}\0torn`)} } })),
  ] };
`;

/** All that a supervisor tells who subscribed to it. */
export function subscribe(socket: string): { said(): string; close(): void } {
  let said = "";
  const connection = createConnection(socket);
  connection.on("data", (chunk) => (said += String(chunk)));
  connection.on("error", () => {}); // it ends
  connection.write('{"jsonrpc":"2.0","id":1,"method":"subscribe"}\n');
  return { said: () => said, close: () => void connection.destroy() };
}
