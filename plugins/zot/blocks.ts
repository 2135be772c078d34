/** Reading what an agent wrote: any field may be missing or of another kind. */

type Data = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A string that is not empty, else undefined. */
export function textField(data: Data, key: string): string | undefined {
  const value = data[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The text of a message, from `content` or `message.content`: a plain string, or its text blocks joined by newlines. */
export function messageText(data: Data): string {
  const content = data["content"] ?? (isRecord(data["message"]) ? data["message"]["content"] : undefined);
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .flatMap((block: unknown) => (isRecord(block) && block["type"] === "text" ? (textField(block, "text") ?? []) : []))
    .join("\n");
}
