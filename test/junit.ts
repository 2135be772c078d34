/** What a test runner reported, read from its JUnit file: Bun, Deno and Node all write one, each in its own way. */
export interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[]; // their titles
}

const TESTCASE = /<testcase((?:\s+[\w-]+="[^"]*")*)\s*(?:\/>|>([^]*?)<\/testcase>)/g;

export function parseJunit(xml: string): Report {
  const cases = [...xml.matchAll(TESTCASE)].map(([, attributes = "", body = ""]) => ({
    title: unescape(/\bname="([^"]*)"/.exec(attributes)?.[1] ?? ""),
    failed: /<(?:failure|error)\b/.test(body),
    skipped: /<skipped\b/.test(body),
  }));
  // Deno lists a `describe` as a test of its own, and its tests as "suite > test".
  const tests = cases.filter(({ title }) => !cases.some((other) => other.title.startsWith(`${title} > `)));
  const failed = tests.filter((test) => test.failed).length;
  const skipped = tests.filter((test) => test.skipped && !test.failed).map((test) => test.title);
  return { passed: tests.length - failed - skipped.length, failed, skipped };
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

const unescape = (text: string): string => text.replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
