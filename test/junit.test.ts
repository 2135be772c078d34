import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJunit } from "./junit.ts";

test("a JUnit report of Bun is counted, suites within suites and all", () => {
  const report = parseJunit(`<testsuites name="bun test" tests="4">
    <testsuite name="a.test.ts" file="a.test.ts">
      <testcase name="passes" classname="" file="a.test.ts" assertions="0" />
      <testcase name="fails &lt;&amp;&gt;" classname=""><failure message="1 !== 2">AssertionError</failure></testcase>
      <testcase name="needs busybox &amp; dash" classname=""><skipped /></testcase>
      <testsuite name="group"><testcase name="inside" classname="group" /></testsuite>
    </testsuite></testsuites>`);
  assert.deepEqual(report, { passed: 2, failed: 1, skipped: ["needs busybox & dash"] });
});

test("a suite that Deno lists as a test is not counted beside its tests", () => {
  const report = parseJunit(`<testsuite name="./a.test.ts"><testcase name="group" classname="./a.test.ts">
    </testcase></testsuite><testsuite name="ext:deno_node/testing.ts">
    <testcase name="group &gt; inside" time="0.000"></testcase>
    <testcase name="group &gt; deeper" time="0.000"></testcase>
    <testcase name="group &gt; deeper &gt; in deep" time="0.000"></testcase></testsuite>`);
  assert.deepEqual(report, { passed: 2, failed: 0, skipped: [] });
});

test("a file that Node could not load is a failed test", () => {
  const report = parseJunit(`<testcase name="fails &amp; >" classname="test"/>
    <testcase name="b.test.js" classname="test" failure="test failed">
    <failure type="testCodeFailure" message="test failed">[Error: test failed]</failure></testcase>`);
  assert.deepEqual(report, { passed: 1, failed: 1, skipped: [] });
});

test("no report is no test", () => {
  assert.deepEqual(parseJunit(""), { passed: 0, failed: 0, skipped: [] });
});
