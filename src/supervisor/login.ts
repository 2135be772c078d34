/**
 * Whether a logout ends a process, and how the supervisor is kept out of that: systemd ends a login's session where logind
 * says so, and the user's own manager with all below it after the last logout, unless the user lingers. A scope below that
 * manager therefore helps against the first and not against the second.
 */
import { userInfo } from "node:os";
import { join } from "node:path";
import { exists, list, readWhole, stat } from "../disk.ts";
import { systemCode } from "../errors.ts";
import { readSystem } from "../process/liveness.ts";
import type { Environment } from "../types.ts";

/** Where to look: other places in tests. */
export interface LoginPlaces {
  readonly runtime: string | undefined; // $XDG_RUNTIME_DIR
  readonly proc: string;
  readonly linger: string; // a file here for each user who lingers
  readonly config: readonly string[]; // of logind: files and folders of them, what comes later counts
  readonly systemdRun: readonly string[]; // not PATH: a caller must not choose the program
}
export const loginPlaces = (env: Environment): LoginPlaces => ({
  runtime: env["XDG_RUNTIME_DIR"],
  proc: "/proc",
  linger: "/var/lib/systemd/linger",
  config: [
    "/usr/lib/systemd/logind.conf",
    "/etc/systemd/logind.conf",
    "/usr/lib/systemd/logind.conf.d",
    "/run/systemd/logind.conf.d",
    "/etc/systemd/logind.conf.d",
  ],
  systemdRun: ["/usr/bin/systemd-run", "/bin/systemd-run", "/run/current-system/sw/bin/systemd-run"],
});

/** Whether a logout ends a process, and why; `hint`: what somebody can do about it. */
export interface Protection {
  readonly safe: boolean;
  readonly why: string;
  readonly hint?: string;
}

const LINGER = "loginctl enable-linger keeps your processes after a logout";

/** What a logout does to this process, or to the one of this pid. */
export function protectionOf(places: LoginPlaces, pid: number | "self" = "self"): Protection {
  const place = placeOf(places, pid);
  switch (place.kind) {
    case "session": {
      const kills = sessionsKill(places);
      if (kills === false)
        return { safe: true, why: `it runs in ${place.unit}, and logind leaves what a login started` };
      const when = kills === true ? "ends" : "may end";
      return { safe: false, why: `nothing protects it: the logout from ${place.unit} ${when} it`, hint: LINGER };
    }
    case "user":
      if (lingers(places)) return { safe: true, why: "it runs below your own systemd, which stays after a logout" };
      return { safe: false, why: "nothing protects it from your last logout: your systemd ends then", hint: LINGER };
    case "service":
      return {
        safe: false,
        why: `nothing protects it from a stop of ${place.unit}, in which it was started`,
        hint: "start it from a login, or set KillMode=process in that unit",
      };
    case "none":
      return { safe: true, why: "it belongs to no systemd session; a hangup is ignored" };
  }
}

/** The words before a command that take it out of the login it is started from; none where they do not help. */
export function scopeCommand(places: LoginPlaces): readonly string[] {
  const { runtime } = places;
  // No manager of the user's: nothing is started or asked, a first spawn must stay fast.
  if (runtime === undefined || stat(join(runtime, "systemd", "private"))?.isSocket() !== true) return [];
  if (!scopeHelps(places)) return [];
  const program = places.systemdRun.find((path) => exists(path));
  // Delegate: else one agent that runs out of memory would have systemd stop the whole scope.
  return program === undefined
    ? []
    : [program, "--user", "--scope", "--quiet", "--collect", "-p", "Delegate=yes", "--"];
}

function scopeHelps(places: LoginPlaces): boolean {
  const { kind } = placeOf(places, "self");
  if (lingers(places) || kind === "user") return true;
  return kind === "session" && sessionsKill(places) !== false;
}

type Place = { readonly kind: "session" | "service"; readonly unit: string } | { readonly kind: "user" | "none" };
function placeOf({ proc }: LoginPlaces, pid: number | "self"): Place {
  const lines = (readSystem(join(proc, String(pid), "cgroup")) ?? "").split("\n");
  const line = lines.find((one) => one.includes(":name=systemd:")) ?? lines.find((one) => one.startsWith("0::")) ?? "";
  const units = line.slice(line.lastIndexOf(":") + 1).split("/");
  if (units.some((unit) => /^user@\d+\.service$/.test(unit))) return { kind: "user" };
  const session = units.find((unit) => /^session-.+\.scope$/.test(unit));
  if (session !== undefined) return { kind: "session", unit: session };
  const service = units.find((unit) => unit.endsWith(".service"));
  return service === undefined ? { kind: "none" } : { kind: "service", unit: service };
}

function lingers({ linger }: LoginPlaces): boolean {
  try {
    return exists(join(linger, userInfo().username));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false; // a user without a name
  }
}

/** KillUserProcesses of logind. Its main file shows in comments what it was built with; `undefined`: it does not say. */
function sessionsKill({ config }: LoginPlaces): boolean | undefined {
  const texts = config.flatMap((path) => {
    const found = stat(path);
    if (found?.isDirectory() !== true) return [path];
    return (list(path) ?? []).filter((name) => name.endsWith(".conf")).map((name) => join(path, name));
  });
  let kills: boolean | undefined;
  for (const path of texts) {
    for (const [, comment, value = ""] of textOf(path).matchAll(/^\s*([#;]?)\s*KillUserProcesses\s*=\s*(\w+)/gm)) {
      if (comment !== "" && kills !== undefined) continue;
      kills = ["yes", "true", "on", "1"].includes(value.toLowerCase());
    }
  }
  return kills;
}

const MAX_CONFIG = 64 * 1024;
function textOf(path: string): string {
  try {
    return readWhole(path, MAX_CONFIG)?.toString("utf8") ?? "";
  } catch {
    return ""; // a link or a folder of ours to which we have no right: it does not say
  }
}
