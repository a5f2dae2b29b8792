/* Does the user's function hear of an incident, and does what it throws stop nothing? */
import { expect, test } from "bun:test";
import { reporterOf } from "../../../src/api/incidents.ts";
import type { Incident } from "../../../src/index.ts";

const INCIDENT: Incident = { worker: 1, kind: "exit", message: "it ended" };

test("the function is called with the incident", () => {
  const heard: Incident[] = [];
  reporterOf((incident) => heard.push(incident))(INCIDENT);
  expect(heard).toEqual([INCIDENT]);
});

test("without one the process is warned", async () => {
  const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
  reporterOf(undefined)(INCIDENT);
  expect((await warned).message).toBe("worker 1: exit: it ended");
});

test("neither hears what would steer a terminal", async () => {
  const steering = { ...INCIDENT, message: "the space \u001b[2J ended" };
  const plain = "the space \\u001b[2J ended";
  const heard: Incident[] = [];
  reporterOf((incident) => heard.push(incident))(steering);
  expect(heard).toEqual([{ ...INCIDENT, message: plain }]);
  const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
  reporterOf(undefined)(steering);
  expect((await warned).message).toBe(`worker 1: exit: ${plain}`);
});
