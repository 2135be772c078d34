import { randomBytes } from "node:crypto";
import { makeHandle } from "../core/id.ts";

/** `m-` and ten random characters. */
export const newMessageId = (): string => `m-${makeHandle(randomBytes(32), 10)}`;
