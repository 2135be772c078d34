import { makeHandle, makeId, slug } from "../core/id.ts";
import { randomBytes } from "../digest.ts";

/** Of an agent, for its name or its task. */
export const newId = (name: string): string => makeId(slug(name), makeHandle(randomBytes(16)));

/** `m-` and ten random characters. */
export const newMessageId = (): string => `m-${makeHandle(randomBytes(32), 10)}`;
