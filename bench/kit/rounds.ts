// How are a few cases compared? In turn, round by round, each in a fresh process: the machine's speed drifts meanwhile.

import { measureInChild } from "./child.ts";
import { type Spread, spread } from "./statistics.ts";

export interface Case<Task, Answer> {
  title: string;
  task: Task;
  cores: number;
  answers: Answer[];
}

/** Runs bench/measure/<script> for every case, `rounds` times; answers go to the cases. `tell`: a line per answer. */
export async function playRounds<Task, Answer>(
  script: string,
  cases: Case<Task, Answer>[],
  rounds: number,
  tell: (answer: Answer) => string,
): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (const { title, task, cores, answers } of cases) {
      const answer = await measureInChild<Task, Answer>(script, task, cores);
      answers.push(answer);
      console.error(`round ${round}, ${title}: ${tell(answer)}`);
    }
  }
}

/** A figure over the rounds of a case. */
export function over<Answer>(answers: Answer[], figure: (answer: Answer) => number): Spread {
  return spread(answers.map(figure));
}

/** A figure against another case's, within each round. */
export function ratio<Answer>(answers: Answer[], others: Answer[], figure: (answer: Answer) => number): Spread {
  return spread(answers.map((answer, round) => figure(answer) / figure(others[round] as Answer)));
}
