/** Agents as they are when they ended long ago, and all the bytes of a folder. */
import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Moves the times in an ended agent's log into the past, as if it had been run so many hours ago. No supervisor may run. */
export function age(folder: string, hours: number, name = "events.jsonl"): void {
  const log = join(folder, name);
  const back = hours * 3_600_000;
  const text = readFileSync(log, "utf8")
    .replace(/"t":(\d{13})/g, (_all, t: string) => `"t":${Number(t) - back}`)
    .replace(
      /"time":"([^"]+)"/g,
      (_all, time: string) => `"time":"${new Date(Date.parse(time) - back).toISOString()}"`,
    );
  writeFileSync(log, text);
}

/** What is in a folder, by path: a file's bytes, and of a folder that it is there. */
export function bytesIn(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  return new Map(
    names.map((name) => {
      const path = join(folder, name);
      return [name, lstatSync(path).isDirectory() ? "folder" : readFileSync(path, "latin1")];
    }),
  );
}
