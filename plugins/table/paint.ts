import { styleText } from "node:util";

export type Format = Parameters<typeof styleText>[0] & string;
export type Paint = (text: string, ...formats: readonly Format[]) => string;

/** Whether to colour was decided by the caller, so stdout is not asked again. One format a call: Node 20 ignores lists. */
export function makePaint(color: boolean): Paint {
  if (!color) return (text) => text;
  return (text, ...formats) =>
    formats.reduce((painted, format) => styleText(format, painted, { validateStream: false }), text);
}
