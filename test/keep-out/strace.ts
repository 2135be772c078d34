/** What a process really does to files, as the kernel sees it. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** Why there is no strace; `false` when there is one that may trace. */
export const noStrace = (): string | false =>
  spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0 ? false : "skipped: strace";

// Each with ?: not every system has all of them.
const CALLS =
  `open openat openat2 creat mkdir mkdirat mknod mknodat rmdir unlink unlinkat rename renameat renameat2 link linkat
  symlink symlinkat truncate ftruncate fallocate chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utimensat
  setxattr write writev pwrite64 pwritev pwritev2 sendfile copy_file_range splice io_uring_setup clone clone3`
    .split(/\s+/)
    .map((name) => `?${name}`)
    .join(",");
/** The words before a command that is to be traced into files `<into>.<thread>`. */
export const straceWords = (into: string): readonly string[] =>
  `strace -ff -y -s 0 -e trace=${CALLS} -e signal=none -o`.split(" ").concat(into);

/** What a process, with all its threads, changed below a folder: `<kind> <path>`, and of a write its bytes. */
export function changesOf(into: string, pid: number, folder: string): readonly string[] {
  const changes: string[] = [];
  const threads = [pid];
  for (const thread of threads) {
    const path = `${into}.${thread}`;
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    for (const line of lines) {
      const [, call = "", args = "", result = ""] = /^(\w+)\((.*)\) += (\d+)/.exec(line) ?? [];
      if (call.startsWith("clone") && args.includes("CLONE_THREAD")) threads.push(Number(result));
      const change = changeOf(call, args, result);
      if (change?.includes(` ${folder}/`) === true || change?.endsWith(` ${folder}`) === true) changes.push(change);
      if (call === "io_uring_setup") changes.push("io_uring_setup: what is done by it is not seen");
    }
  }
  return changes;
}

function changeOf(call: string, args: string, result: string): string | undefined {
  const paths = pathsIn(args).join(" > ");
  const [file = ""] = /(?<=^\d+<)[^>]*(?=>)/.exec(args) ?? [];
  if (/^(open|creat)/.test(call))
    return call === "creat" || /O_(WRONLY|RDWR|CREAT|TRUNC)/.test(args) ? `open ${paths}` : undefined;
  if (/^(write|writev|pwrite64|pwritev2?)$/.test(call)) return `write ${file} ${result}`;
  if (/^(ftruncate|fallocate)$/.test(call)) return `truncate ${file}`;
  if (/^(fchmod|fchown)$/.test(call)) return `chmod ${file}`;
  if (/^(chmod|fchmodat)/.test(call)) return `chmod ${paths}`;
  if (/^(unlink|rmdir)/.test(call)) return `unlink ${paths}`;
  if (/^(rename|link|symlink|mkdir|truncate)/.test(call)) return `${call.replace(/at2?$/, "")} ${paths}`;
  if (call.startsWith("clone") || call === "") return undefined;
  return `${call} ${[...args.matchAll(/<([^>]*)>/g)].map(([, path]) => path).join(" ")} ${paths}`;
}

/** Those that stand in quotes, by the folder that is open in front of them. */
const pathsIn = (args: string): readonly string[] =>
  [...args.matchAll(/(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"([^"]*)"/g)].map(([, at = "/", path = ""]) => resolve(at, path));
