/* Do bodies and responses share their memory so that neither keeps the others out? */
import { expect, test } from "bun:test";
import { ByteBudget } from "../../../../src/server/wire/body.ts";

const MIB = 1_048_576;

test("responses that are not read leave room for bodies; all together have an end, and what is given back is there again", () => {
  const budget = new ByteBudget();
  const responses = Array.from({ length: 192 }, () => budget.take(MIB, "response"));
  expect(() => budget.take(1, "response")).toThrow("Too many requests");
  const bodies = Array.from({ length: 64 }, () => budget.take(MIB, "body"));
  expect(() => budget.take(1, "body")).toThrow("Too many requests");
  responses[0]!();
  responses[0]!(); // once is enough
  budget.take(MIB, "response");
  expect(() => budget.take(1, "response")).toThrow("Too many requests");
  bodies[0]!();
  budget.take(MIB, "body");
  expect(() => budget.take(1, "body")).toThrow("Too many requests");
});
