/** The programs that a shim needs, from the system's own folders: a caller's PATH must not choose them. */
import { exists, realPath } from "../disk.ts";
import { missingTool } from "../errors.ts";

const FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"];

export interface Shell {
  readonly path: string;
  /** bash reads no functions and no files that the caller's environment names, and keeps names that sh cannot hold. */
  readonly kind: "bash" | "sh";
}
export interface Tools {
  readonly shell: Shell;
  readonly setsid: string;
  readonly tail: string;
  readonly mkfifo: string;
  readonly sleep: string;
  readonly rm: string;
}

const found = (name: string): string | undefined =>
  FOLDERS.map((folder) => `${folder}/${name}`).find((path) => exists(path));

function need(name: string): string {
  const path = found(name);
  if (path === undefined) throw missingTool(name, FOLDERS);
  return path;
}

let known: Tools | undefined;
/** Throws SkepError "io" when one is missing. */
export function systemTools(): Tools {
  known ??= {
    shell: findShell(),
    setsid: need("setsid"),
    tail: need("tail"),
    mkfifo: need("mkfifo"),
    sleep: need("sleep"),
    rm: need("rm"),
  };
  return known;
}

function findShell(): Shell {
  const bash = found("bash");
  if (bash !== undefined) return { path: bash, kind: "bash" };
  const path = need("sh");
  return { path, kind: realPath(path).endsWith("/bash") ? "bash" : "sh" };
}
