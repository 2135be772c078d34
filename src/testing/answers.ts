/** What a runner may answer, checked field by field: a misspelt one would do nothing. */
import * as v from "valibot";

const delivery = v.variant("to", [
  v.strictObject({ to: v.literal("stdin"), text: v.string() }),
  v.strictObject({ to: v.literal("inbox"), line: v.pipe(v.string(), v.regex(/^[^\r\n]*$/, "has more than one line")) }),
  v.strictObject({ to: v.literal("signal"), signal: v.picklist(["SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2"]) }),
  v.strictObject({ to: v.literal("close") }),
  v.strictObject({ to: v.literal("next_run") }),
  v.strictObject({ to: v.literal("refused"), why: v.pipe(v.string(), v.nonEmpty()) }),
]);
const step = v.strictObject({
  state: v.unknown(),
  send: v.optional(v.array(v.pipe(v.string(), v.regex(/^[^\n]*\n?$/, "has more than one line")))),
  then: v.optional(delivery),
  failed: v.optional(v.string()),
  later: v.optional(v.boolean()),
});
const text = v.pipe(v.string(), v.regex(/^[^\0]*$/, "holds a NUL"));
const launch = v.strictObject({
  argv: v.pipe(
    v.array(text),
    v.check(([program]) => program !== undefined && program !== "", "names no program"),
  ),
  env: v.optional(
    v.pipe(
      v.record(v.string(), v.optional(text)),
      v.check((env) => !Object.keys(env).some((name) => name.startsWith("SKEP_")), "sets a variable of skep's own"),
    ),
  ),
  cwd: v.optional(v.pipe(v.string(), v.startsWith("/", "is not absolute"))),
  stdin: v.optional(
    v.variant("kind", [
      v.strictObject({ kind: v.literal("none") }),
      v.strictObject({ kind: v.literal("text"), text: v.string() }),
      v.strictObject({ kind: v.literal("open"), first: v.optional(v.string()) }),
    ]),
  ),
  output: v.optional(v.picklist(["events", "json", "text"])),
  turns: v.optional(v.picklist(["none", "live", "resume"])),
  agent_session: v.optional(v.pipe(v.string(), v.nonEmpty())),
  login: v.optional(v.pipe(v.string(), v.nonEmpty())),
});
const detected = v.optional(
  v.union([
    v.strictObject({ path: v.pipe(v.string(), v.nonEmpty()), version: v.optional(v.string()) }),
    v.strictObject({ missing: v.pipe(v.string(), v.nonEmpty()), hint: v.pipe(v.string(), v.nonEmpty()) }),
  ]),
);
const argv = v.pipe(v.array(text), v.nonEmpty());

const ANSWERS = { launch, delivery, step, detected, argv };

/** Throws what is wrong with an answer. */
export function checkAnswer(what: "launch" | "delivery" | "step" | "detected" | "argv", answer: unknown): void {
  const schema: v.GenericSchema = ANSWERS[what];
  const parsed = v.safeParse(schema, answer);
  if (parsed.success) return;
  const [issue] = parsed.issues;
  throw new TypeError(`${what}: ${v.getDotPath(issue) ?? "it"}: ${issue.message} in ${JSON.stringify(answer)}`);
}
