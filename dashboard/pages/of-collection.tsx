/* A page about one collection: the one that the address names, else the first; another can be chosen. */
import type { ComponentChildren } from "preact";
import { call } from "../data/server.ts";
import { Choice, Hint, Wrong } from "../parts/notes.tsx";
import { placeOf, useLoaded } from "../parts/use.ts";

interface OfCollectionProps {
  title: string;
  /** The page's name in addresses. */
  page: string;
  name: string | undefined;
  show(collection: string): ComponentChildren;
}

export function OfCollection({ title, page, name: given, show }: OfCollectionProps) {
  const { value, error } = useLoaded(
    (signal) => call<{ collections: { name: string }[] }>("GET", "collections", undefined, signal),
    [],
  );
  const names = (value?.collections ?? []).map(({ name }) => name);
  const name = given ?? names[0];
  return (
    <>
      <h1>{title}</h1>
      {error !== null && <Wrong>{error}</Wrong>}
      {value !== null && names.length === 0 && <Hint>There is no collection.</Hint>}
      {name !== undefined && value !== null && (
        <>
          <Choice
            label="Collection"
            value={name}
            of={names.includes(name) ? names : [name, ...names]}
            onChange={(chosen) => {
              location.hash = placeOf(page, chosen);
            }}
          />
          {show(name)}
        </>
      )}
    </>
  );
}
