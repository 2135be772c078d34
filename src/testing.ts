/**
 * Contract suites for authors of plugins. Each registers its tests through `node:test`, so they run under `node --test`,
 * `bun test` and `deno test`.
 */
export { type HandlerContract, testHandler } from "./testing/handler-contract.ts";
export { type PluginContract, testPlugin } from "./testing/plugin-contract.ts";
export { testRenderer } from "./testing/renderer-contract.ts";
export type { AgentPaths, Store } from "./store/store.ts";
export { type RunnerContract, testRunner } from "./testing/runner-contract.ts";
export { type OpenStore, testStore } from "./testing/store-contract.ts";
export type { TranscriptSource } from "./testing/transcript-file.ts";
