export * from "./types.ts";
export { definePlugin } from "./define-plugin.ts";
export { SkepError, type ErrorCode } from "./errors.ts";
