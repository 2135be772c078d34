/** What codex's app-server asks a person, in words, and the answers that it takes. */
import type { Command } from "skep";
import { type Fields, fields, objects, text } from "../fields.ts";

type Answer = Command & { readonly kind: "answer" };

const QUESTIONS: ReadonlySet<string> = new Set([
  "item/commandExecution/requestApproval",
  "item/fileChange/requestApproval",
  "item/permissions/requestApproval",
  "item/tool/requestUserInput",
]);
export const isQuestion = (method: string): boolean => QUESTIONS.has(method);

/** `<what kind>: <what>`, as --approve patterns have it. */
export function inWords(method: string, params: Fields): string {
  const reason = text(params["reason"]);
  switch (method) {
    case "item/commandExecution/requestApproval":
      return `command: ${text(params["command"]) ?? reason ?? "of no known words"}`;
    case "item/fileChange/requestApproval":
      return `edit: ${text(params["grantRoot"]) ?? reason ?? "files"}`;
    case "item/permissions/requestApproval":
      return `permissions: ${reason ?? JSON.stringify(params["permissions"] ?? null)}`;
    default: {
      const asked = objects(params["questions"]).map((one) => text(one["question"]) ?? text(one["header"]) ?? "?");
      return `question: ${asked.join(" / ") || "?"}`;
    }
  }
}

/** A question is answered by the reason of a `deny`, as nothing else carries words. */
export function answerTo(method: string, params: Fields, { allow, reason }: Answer): object {
  switch (method) {
    case "item/permissions/requestApproval":
      return { permissions: allow ? fields(params["permissions"]) : {}, scope: "turn" };
    case "item/tool/requestUserInput": {
      const answers = reason === undefined ? [] : [reason];
      const ids = objects(params["questions"]).flatMap(({ id }) => text(id) ?? []);
      return { answers: Object.fromEntries(ids.map((id) => [id, { answers }])) };
    }
    default:
      return { decision: allow ? "accept" : "decline" };
  }
}

/** The answer of a turn that is interrupted. */
export function cancelTo(method: string): object {
  if (method === "item/permissions/requestApproval") return { permissions: {}, scope: "turn" };
  return method === "item/tool/requestUserInput" ? { answers: {} } : { decision: "cancel" };
}
