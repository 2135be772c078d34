import { makeHandle } from "../core/id.ts";
import { randomBytes } from "../digest.ts";

/** `m-` and ten random characters. */
export const newMessageId = (): string => `m-${makeHandle(randomBytes(32), 10)}`;
