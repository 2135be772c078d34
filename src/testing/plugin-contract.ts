import assert from "node:assert/strict";
import { loadPlugins, type PluginSet } from "../swarm/load-plugins.ts";
import { makeApi } from "../swarm/load-plugin-file.ts";
import type { Plugin, PluginModule } from "../define-plugin.ts";
import type { EventHandler } from "../types.ts";
import { type Check, register } from "./check.ts";
import { handlerChecks } from "./handler-contract.ts";
import { differences, exitOf, foldFor, readPin } from "./pin.ts";
import { rendererChecks } from "./renderer-contract.ts";
import { runnerChecks, type RunnerContract } from "./runner-contract.ts";
import { checkShape } from "./shape.ts";
import { readTranscript, type Transcript } from "./transcript-file.ts";

/** What a plugin is tested with. */
export interface PluginContract {
  /** What the function form of a plugin is given as its options. */
  readonly options?: unknown;
  /** By the runner's name: the plugin's own, or another that its handlers read. Every handler needs a transcript of one. */
  readonly runners?: Readonly<Record<string, RunnerContract>>;
}

/**
 * Tests a whole plugin: its shape, and the contract of each runner, handler and renderer that it supplies. A transcript with
 * a pinned state beside it (`skep plugins test … --update`) must fold to that. It is to be awaited: tests are registered
 * when it resolves.
 */
export async function testPlugin(module: PluginModule, contract: PluginContract = {}): Promise<void> {
  const plugin = typeof module === "function" ? await module(makeApi("it", contract.options, () => {})) : module;
  for (const [subject, checks] of await pluginChecks(plugin, contract)) register(subject, checks);
}

type Checked = readonly [subject: string, checks: readonly Check[]];

export async function pluginChecks(plugin: Plugin, contract: PluginContract): Promise<readonly Checked[]> {
  const contracts = contract.runners ?? {};
  const whole: Checked = [`plugin ${plugin.name}`, wholeChecks(plugin, contracts)];
  try {
    checkShape(plugin);
  } catch {
    return [whole]; // which says why; its parts cannot be looked at
  }
  const { runners = [], handlers = [], renderers = [] } = plugin;
  const set = await loadPlugins({ plugins: [plugin], warn: () => {} });
  const checked: Checked[] = [
    whole,
    ...runners.map((runner): Checked => [`runner ${runner.name}`, runnerChecks(runner, contracts[runner.name] ?? {})]),
    ...renderers.map((renderer): Checked => [`renderer ${renderer.name}`, rendererChecks(renderer)]),
  ];
  for (const [name, { transcripts = [] }] of Object.entries(contracts)) {
    if (transcripts.length === 0) continue;
    const runner = await set.runner(name);
    for (const handler of handlers.filter((one) => serves(one, name)))
      checked.push([`handler ${handler.name} for ${name}`, handlerChecks(handler, { transcripts, runner })]);
    for (const source of transcripts) {
      const transcript = readTranscript(source);
      checked.push([`transcript ${transcript.name}`, pinChecks(set, name, transcript)]);
    }
  }
  return checked;
}

function wholeChecks(plugin: Plugin, contracts: Readonly<Record<string, RunnerContract>>): readonly Check[] {
  return [
    { title: "has the shape of a plugin, and no name that skep does not know", run: () => checkShape(plugin) },
    {
      title: "tells its version as npm does",
      run: () => assert.match(plugin.version, /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/),
    },
    {
      title: "has a transcript for each handler",
      run() {
        const given = Object.keys(contracts).filter((name) => (contracts[name]?.transcripts ?? []).length > 0);
        for (const handler of plugin.handlers ?? []) {
          const read = given.some((name) => serves(handler, name));
          assert.ok(
            read,
            `${handler.name}: give testPlugin { runners: { <runner>: { transcripts: […] } } } of one it reads`,
          );
        }
      },
    },
  ];
}

function pinChecks(plugins: PluginSet, runner: string, { path, lines }: Transcript): readonly Check[] {
  const pin = path === undefined ? undefined : readPin(path);
  if (pin === undefined) return [];
  const run = async (): Promise<void> => {
    const { pin: now } = await foldFor(plugins, runner, { lines }, exitOf(pin));
    assert.deepEqual(differences(pin, now), [], "skep plugins test … --update pins it anew, if that is meant");
  };
  return [{ title: "folds to its pinned state", run }];
}

const serves = ({ runner }: EventHandler, name: string): boolean =>
  [runner].flat().some((served) => served === name || served === "*");
