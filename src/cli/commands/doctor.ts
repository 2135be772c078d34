import { asFinding, needsPerson, repair } from "../../supervisor/doctor/repair.ts";
import { examine } from "../../supervisor/doctor/examine.ts";
import type { Finding } from "../../supervisor/doctor/finding.ts";
import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { printJson } from "../print-json.ts";
import { sanitizeLine } from "../../core/sanitize.ts";
import { shutDown } from "./supervisor.ts";

export const doctor: Command = {
  async run(context) {
    const { args, settings, output } = context;
    const access = await openAccess(context);
    const { root, reader } = access;
    const faults = await examine(reader, settings.env, {
      start: access.start,
      stop: async () => void (await shutDown(access, context)),
    });
    const findings = args.options.has("repair") ? await repair(root, faults) : faults.map(asFinding);
    if (settings.json) await printJson(output, findings);
    else await output.write(`${findings.map(tell).join("")}${sumOf(findings)}\n`);
    if (findings.some(needsPerson)) process.exitCode = 1;
  },
};

function tell({ code, message, agent, path, repair: would, done, failed }: Finding): string {
  const where = path ?? agent;
  const lines = [
    `${code}: ${where === undefined ? "" : `${where}: `}${message}`,
    ...(done === undefined ? [] : [`  done: ${done}`]),
    ...(failed === undefined ? [] : [`  not done: ${failed}`]),
    ...(would === undefined || done !== undefined || failed !== undefined ? [] : [`  --repair: ${would}`]),
  ];
  return lines.map((line) => `${line.startsWith("  ") ? "  " : ""}${sanitizeLine(line).trimStart()}\n`).join("");
}

function sumOf(findings: readonly Finding[]): string {
  if (findings.length === 0) return "nothing is wrong";
  const done = findings.filter((finding) => finding.done !== undefined).length;
  const left = findings.filter(needsPerson).length;
  const open = findings.filter((finding) => needsPerson(finding) && finding.repair !== undefined).length;
  return [
    `${findings.length} found`,
    ...(done === 0 ? [] : [`${done} repaired`]),
    left === 0 ? "nothing is left to do" : `${left} to be done${open === 0 ? "" : `, ${open} of them by --repair`}`,
  ].join(", ");
}
