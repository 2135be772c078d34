/** The real programs, at pinned versions, from npm into a cache folder outside of the repository. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";

export interface Program {
  readonly command: string; // what it is called on PATH
  readonly package: string;
  readonly version: string;
  readonly path: string; // of its executable, from the package's folder
}

function cacheFolder(): string {
  const given = process.env["XDG_CACHE_HOME"];
  return join(given !== undefined && isAbsolute(given) ? given : join(homedir(), ".cache"), "skep-test-agents");
}

const folderOf = ({ package: name, version }: Program): string =>
  join(cacheFolder(), `${name.replaceAll("/", "+")}@${version}`);

export const executableOf = (program: Program): string =>
  join(folderOf(program), "node_modules", program.package, program.path);

/** Installs it if it is not there. What was cut off is begun anew: a whole one alone gets its name. */
export async function install(program: Program): Promise<void> {
  if (existsSync(executableOf(program))) return;
  const folder = folderOf(program);
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const what = `${program.package}@${program.version}`;
  await promisify(execFile)("npm", ["install", "--prefix", fresh, "--no-save", "--no-audit", "--no-fund", what]);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

/** A folder for PATH in which these programs stand by their names, and no others. */
export function linkPrograms(programs: readonly Program[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const program of programs) symlinkSync(executableOf(program), join(folder, program.command));
}
