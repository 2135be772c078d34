import { version } from "../build-info.ts";

const [verb, ...args] = process.argv.slice(2);
if (verb === "__demo-agent") {
  const { runDemoAgent } = await import("../../plugins/demo/agent.ts");
  await runDemoAgent(args);
} else process.stdout.write(`${version}\n`);
