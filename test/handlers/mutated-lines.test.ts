/** Each handler keeps its contract over all captured transcripts of its agent, and over 10,000 damaged lines of them. */
import { testHandler } from "../../src/testing.ts";
import { TRANSCRIPTS } from "./transcripts.ts";

const FOLDS = new Set(TRANSCRIPTS.map(({ fold }) => fold));
for (const fold of FOLDS) {
  const runs = TRANSCRIPTS.filter((one) => one.fold === fold).flatMap(({ runs: all }) => all);
  for (const handler of fold.handlers)
    testHandler(handler, { transcripts: runs.map(({ lines }) => lines), output: fold.output });
}
