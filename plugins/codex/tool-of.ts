import { type Fields, fields, known, list, text } from "../fields.ts";

/** A tool as an item tells it, in `codex exec` and in its app-server alike. */
export function toolOf(item: Fields): { id?: string; name?: string; summary?: string } {
  const [server, tool] = [text(item["server"]), text(item["tool"])];
  const { path } = fields(list(item["changes"])[0]);
  return known({
    id: text(item["id"]),
    name: server === undefined ? (tool ?? text(item["type"])) : `${server}.${tool ?? ""}`, // MCP
    summary: [item["command"], item["query"], item["prompt"], path].map(text).find((said) => said !== undefined),
  });
}
