import assert from "node:assert/strict";
import { sanitizeView } from "../core/sanitize.ts";
import type { Renderer, RenderOptions, SwarmView } from "../types.ts";
import { type Check, register } from "./check.ts";
import { HOSTILE_TEXTS } from "./hostile.ts";
import { deepFreeze, withoutClock } from "./pure.ts";
import { EMPTY_VIEW, ORDINARY_VIEW, viewOfText } from "./sample-view.ts";
import { checkShape } from "./shape.ts";

/** Tests that a renderer keeps its contract: it is pure, and what it prints for people is harmless and fits. */
export function testRenderer(renderer: Renderer): void {
  register(`renderer ${renderer.name}`, rendererChecks(renderer));
}

const WIDTHS = [20, 40, 80, 200];
const VERBS = ["ls", "show"];
const NOW = "2026-03-02T12:00:00.000Z";
const VIEWS: readonly SwarmView[] = [EMPTY_VIEW, ORDINARY_VIEW, ...HOSTILE_TEXTS.map(viewOfText)];
const OPTIONS: readonly RenderOptions[] = VERBS.flatMap((verb) => [
  { verb, color: false, now: NOW },
  { verb, color: true, now: NOW },
  { verb, color: true, now: NOW, columns: 80 },
  ...WIDTHS.map((columns) => ({ verb, color: false, now: NOW, columns })),
]);

interface Rendered {
  readonly text: string;
  readonly options: RenderOptions;
}

export function rendererChecks(renderer: Renderer): readonly Check[] {
  /** As skep does: a text renderer gets strings that may be printed, a data renderer those that were written. */
  const shown = (view: SwarmView): SwarmView =>
    deepFreeze(renderer.output === "text" ? sanitizeView(view) : structuredClone(view));
  let rendered: readonly Rendered[] | undefined; // once for all checks: there are hundreds
  const each = (visit: (one: Rendered) => void): void => {
    rendered ??= VIEWS.map(shown).flatMap((view) =>
      OPTIONS.map((options) => ({ text: renderer.render(view, Object.freeze(options)), options })),
    );
    for (const one of rendered) visit(one);
  };
  const pure: readonly Check[] = [
    { title: "has the shape of a renderer", run: () => checkShape({ renderers: [renderer] }) },
    {
      title: "is pure: the same view gives the same text, without a clock",
      run() {
        const [empty, ordinary] = [shown(EMPTY_VIEW), shown(ORDINARY_VIEW)];
        for (const options of OPTIONS) {
          const first = withoutClock(() => renderer.render(ordinary, options));
          renderer.render(empty, options);
          assert.equal(renderer.render(ordinary, options), first);
        }
      },
    },
    {
      title: "gives whole lines, whatever a view holds",
      run: () => each(({ text }) => assert.ok(text === "" || text.endsWith("\n"), JSON.stringify(text.slice(-80)))),
    },
  ];
  const forPeople: readonly Check[] = [
    {
      title: "prints no control character but newline and tab, and colours only when they are wanted",
      run: () =>
        each(({ text, options: { color } }) => {
          const bad = CONTROL.exec(color ? text.replace(COLOUR, "") : text);
          const around = bad === null ? "" : text.slice(Math.max(0, bad.index - 40), bad.index + 40);
          assert.ok(bad === null, JSON.stringify(around));
        }),
    },
    {
      title: `lists agents in lines that fit ${WIDTHS.join(", ")} columns`,
      run: () =>
        each(({ text, options: { verb, columns } }) => {
          if (verb !== "ls" || columns === undefined) return;
          for (const line of text.replace(COLOUR, "").split("\n"))
            assert.ok(widthOf(line) <= columns, `wider than ${columns}: ${JSON.stringify(line)}`);
        }),
    },
  ];
  return renderer.output === "text" ? [...pure, ...forPeople] : pure;
}

// oxlint-disable-next-line no-control-regex -- what is looked for
const COLOUR = /\u001b\[[\d;:]*m/g;
const CONTROL = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const TWO_CELLS =
  /^(?:\p{Emoji_Presentation}|.\ufe0f|[#*\d]\ufe0f?\u20e3)|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** Cells of a terminal, for what the texts of the contract are made of. */
function widthOf(line: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(line))
    width += segment === "\t" ? 8 - (width % 8) : TWO_CELLS.test(segment) ? 2 : 1;
  return width;
}
