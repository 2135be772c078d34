import type { HookBus } from "../core/hooks.ts";
import type { Snapshot, StampedEvent } from "../types.ts";

/** Keys of a snapshot that differ; those that grow with every event are told by the events themselves. */
export function changesOf(before: Snapshot, now: Snapshot): readonly string[] {
  const keys = ["status", "phase", "activity", "run", "pid", "queued", "ended", "dir", "model"] as const;
  return keys.filter((key) => before[key] !== now[key]);
}

/** Tells the listeners what an agent's entries meant, once, in order: events, turns, its status, the end of its run. */
export function tellHooks(hooks: HookBus, before: Snapshot, now: Snapshot, events: readonly StampedEvent[]): void {
  if (events.length > 0) hooks.tell("agent:event", now, events);
  for (const event of events) {
    if (event.kind !== "turn_ended") continue;
    const { message, answer = now.last_assistant, error } = event;
    hooks.tell("agent:turn", now, {
      ...(message === undefined ? {} : { message }),
      ...(answer === undefined ? {} : { answer }),
      ...(error === undefined ? {} : { error }),
    });
  }
  if (before.status !== now.status || before.phase !== now.phase) {
    hooks.tell("agent:status", now, { status: before.status, phase: before.phase });
  }
  for (const event of events) if (event.kind === "run_stopped") hooks.tell("agent:stop", now, event.exit);
}
