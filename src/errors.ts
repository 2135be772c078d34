/**
 * Every message skep can raise, one function each, so that the texts can be read in one place.
 *
 * A `SkepError` is a fault of the call or of the world, never of an agent's child: that is a value (`RunExit`).
 */

/** What went wrong, for programs; cli/exit-codes.ts alone maps a code to an exit code. */
export type ErrorCode =
  | "usage"
  | "not_found"
  | "ambiguous"
  | "state"
  | "unreachable"
  | "locked"
  | "plugin"
  | "waiting"
  | "timeout"
  | "interrupted"
  | "io"
  | "refused"
  | "corrupt"
  | "agent_failed"
  | "protocol";

/** `message` is one line: what happened, and why. `hint` is the next step, where the user has one. */
export class SkepError extends Error {
  override readonly name = "SkepError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The text of whatever was thrown, on one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, " ").trim();
}

/** The `code` of a system error such as ENOENT, else undefined. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export const usage = (message: string, hint?: string): SkepError => new SkepError("usage", message, { hint });
export const corruptMeta = (why: string, cause?: unknown): SkepError => new SkepError("corrupt", `meta.json: ${why}`, { cause });
