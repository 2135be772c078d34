import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startOf } from "../../src/process/liveness.ts";
import { type LoginPlaces, protectionOf, scopeCommand } from "../../src/supervisor/login.ts";
import { startSupervisor } from "../../src/supervisor/start.ts";
import { until } from "../sandbox.ts";

let folder: string;
let manager: Server;
before(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-login-")));
  mkdirSync(join(folder, "run/systemd"), { recursive: true });
  manager = createServer();
  await new Promise<void>((resolve) => manager.listen(join(folder, "run/systemd/private"), resolve));
  writeFileSync(join(folder, "systemd-run"), "");
});
after(() => {
  manager.close();
  rmSync(folder, { recursive: true, force: true });
});

let made = 0;
/** A system where this process stands in that group, with this config of logind, and with the user lingering or not. */
function system({
  group,
  config = "",
  lingers = false,
}: {
  group: string;
  config?: string;
  lingers?: boolean;
}): LoginPlaces {
  made += 1;
  const at = join(folder, String(made));
  mkdirSync(join(at, "proc/self"), { recursive: true });
  mkdirSync(join(at, "linger"));
  writeFileSync(join(at, "proc/self/cgroup"), `4:memory:/other.service\n${group}\n`);
  writeFileSync(join(at, "logind.conf"), config);
  if (lingers) writeFileSync(join(at, "linger", userInfo().username), "");
  return {
    runtime: join(folder, "run"),
    proc: join(at, "proc"),
    linger: join(at, "linger"),
    config: [join(at, "logind.conf"), join(at, "logind.conf.d")],
    systemdRun: [join(folder, "missing"), join(folder, "systemd-run")],
  };
}
const SESSION = "0::/user.slice/user-1000.slice/session-3.scope";
const MANAGER = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-1.scope";

describe("what a logout does to the supervisor", () => {
  test("a scope is asked for where a login's processes are killed, where the user lingers, and below the user's systemd", () => {
    const asked = (given: Parameters<typeof system>[0]): boolean => scopeCommand(system(given)).length > 0;
    assert.ok(asked({ group: SESSION, config: "KillUserProcesses=yes\n" }));
    assert.ok(asked({ group: SESSION, config: "#KillUserProcesses=yes\n" }), "what logind was built with");
    assert.ok(asked({ group: SESSION }), "what is not known may kill");
    assert.ok(asked({ group: SESSION, config: "KillUserProcesses=no\n", lingers: true }));
    assert.ok(asked({ group: "1:name=systemd:/user.slice/user-1000.slice/session-c1.scope" }));
    assert.ok(asked({ group: MANAGER }));
    assert.ok(asked({ group: "0::/system.slice/ssh.service", lingers: true }));
  });

  test("none is asked for where it would end sooner than without, or where the user has no systemd", () => {
    assert.deepEqual(scopeCommand(system({ group: SESSION, config: "#KillUserProcesses=no\n" })), []);
    assert.deepEqual(scopeCommand(system({ group: "0::/system.slice/ssh.service" })), []);
    assert.deepEqual(scopeCommand(system({ group: "0::/" })), []);
    const places = system({ group: SESSION });
    assert.deepEqual(scopeCommand({ ...places, runtime: undefined }), []);
    assert.deepEqual(scopeCommand({ ...places, runtime: join(folder, "1") }), []);
    assert.deepEqual(scopeCommand({ ...places, systemdRun: [] }), []);
  });

  test("an assignment beats what the file shows as the default, and a later file an earlier one", () => {
    const places = system({ group: SESSION, config: "KillUserProcesses=no\n#KillUserProcesses=yes\n" });
    assert.equal(protectionOf(places).safe, true);
    const [, more = ""] = places.config;
    mkdirSync(more);
    writeFileSync(join(more, "50-kill.conf"), "[Login]\nKillUserProcesses=true\n");
    assert.equal(protectionOf(places).safe, false);
  });

  test("it is said plainly when nothing protects it", () => {
    const why = (given: Parameters<typeof system>[0]): string => {
      const { safe, why: words } = protectionOf(system(given));
      return `${safe ? "safe" : "not safe"}: ${words}`;
    };
    assert.match(why({ group: SESSION, config: "KillUserProcesses=yes" }), /^not safe: nothing protects it.*session-3/);
    assert.match(why({ group: SESSION }), /^not safe: nothing protects it.* may end it/);
    assert.match(why({ group: MANAGER }), /^not safe: nothing protects it from your last logout/);
    assert.match(why({ group: "0::/system.slice/cron.service" }), /^not safe: .* cron\.service/);
    assert.match(why({ group: MANAGER, lingers: true }), /^safe: /);
    assert.match(why({ group: SESSION, config: "KillUserProcesses=no" }), /^safe: /);
    assert.match(why({ group: "0::/" }), /^safe: /);
  });
});

describe("a supervisor that is started through systemd-run", () => {
  /** Starts one through a program with this text; ended when the test has been. */
  async function start(name: string, script: string): Promise<{ root: string; pid: number }> {
    const root = join(folder, name, "root");
    mkdirSync(join(folder, name));
    const program = join(folder, name, "systemd-run");
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    const env = { ...process.env, XDG_RUNTIME_DIR: join(folder, name), HOME: folder, TOLD: join(folder, name, "told") };
    const command = scopeCommand({ ...system({ group: SESSION }), systemdRun: [program] });
    const { pid } = await startSupervisor(root, env, [], command);
    return { root, pid };
  }
  async function end(pid: number): Promise<void> {
    const began = startOf(pid);
    process.kill(pid, "SIGKILL");
    await until(
      () => startOf(pid),
      (now) => now !== began,
    );
  }

  test("is the process that systemd took into a scope of its own", async () => {
    const { pid } = await start(
      "scoped",
      'echo "$$ $*" >"$TOLD"; while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    );
    const told = readFileSync(join(folder, "scoped/told"), "utf8");
    await end(pid);
    assert.match(
      told,
      new RegExp(`^${pid} --user --scope --quiet --collect -p Delegate=yes -- \\S.* supervisor run --root `),
    );
  });

  test("is started all the same when systemd refuses, and the reason is in its log", async () => {
    const { pid, root } = await start("refused", 'echo "Failed to connect to bus" >&2; : >"$TOLD"; exit 1');
    await end(pid);
    assert.ok(existsSync(join(folder, "refused/told")));
    assert.match(readFileSync(join(root, "supervisor.log"), "utf8"), /Failed to connect to bus/);
  });
});
