import * as v from "valibot";
import { oldestFirst } from "../core/selector.ts";
import { snapshotSchema } from "../core/snapshot-schema.ts";
import { reasonOf } from "../errors.ts";
import { archivedIds, readArchivedSnapshot } from "../store/archived.ts";
import type { Store } from "../store/store.ts";
import type { Problem, SwarmView } from "../types.ts";

/** Who is archived, as they were then, oldest first. One whose snapshot cannot be read is a problem, and hides nobody. */
export function archivedView(store: Store): SwarmView {
  const problems: Problem[] = [];
  const agents = archivedIds(store).flatMap((id) => {
    const { path, text } = readArchivedSnapshot(store, id);
    try {
      const agent = v.parse(snapshotSchema, JSON.parse(text ?? ""));
      if (agent.id === id) return [agent];
      problems.push({ path, code: "corrupt", message: `it is of ${agent.id}` });
    } catch (error) {
      problems.push({ path, code: "corrupt", message: text === undefined ? "it is missing" : reasonOf(error) });
    }
    return [];
  });
  return { root: store.root, agents: oldestFirst(agents), hidden: 0, problems };
}
