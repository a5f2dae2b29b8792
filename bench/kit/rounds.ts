// How are a few cases compared? In turn, round by round, each in a fresh process: the machine's speed drifts.

import { measureInChild } from "./child.ts";
import { type Spread, spread } from "./statistics.ts";

export interface Case<Task, Answer> {
  title: string;
  task: Task;
  cores: number;
  /** One a round. */
  answers: Answer[];
}

/** Runs a program for every case, `rounds` times; what it measures goes to the case. `progress`: a line for each. */
export async function playRounds<Task, Answer>(
  script: string,
  cases: Case<Task, Answer>[],
  rounds: number,
  progress: (answer: Answer) => string,
): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (const { title, task, cores, answers } of cases) {
      const answer = await measureInChild<Task, Answer>(script, task, cores);
      answers.push(answer);
      console.error(`round ${round}, ${title}: ${progress(answer)}`);
    }
  }
}

/** A figure over the rounds of a case. */
export function over<Answer>(answers: Answer[], figure: (answer: Answer) => number): Spread {
  return spread(answers.map(figure));
}

/** The same of a figure that not every round has; undefined if none has it. */
export function overKnown<Answer>(answers: Answer[], figure: (answer: Answer) => number | undefined) {
  const values = answers.flatMap((answer) => figure(answer) ?? []);
  return values.length > 0 ? spread(values) : undefined;
}

/** All figures of these names. */
export function figures<Answer, Key extends keyof Answer>(answers: Answer[], ...keys: Key[]): Record<Key, Spread> {
  const entries = keys.map((key) => [key, over(answers, (answer) => answer[key] as number)]);
  return Object.fromEntries(entries);
}

/** A figure against another case's, within each round. */
export function ratio<Answer>(answers: Answer[], others: Answer[], figure: (answer: Answer) => number): Spread {
  return spread(answers.map((answer, round) => figure(answer) / figure(others[round] as Answer)));
}
