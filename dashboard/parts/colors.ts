/* Which colours does a canvas draw with? Those of the styles, as they are in the theme of the moment. */
import { useEffect, useState } from "preact/hooks";

/** By the name of a property. The place is asked, since a property may hold one colour per theme. */
export function colorIn(place: HTMLElement): (name: string) => string {
  return (name) => {
    const before = place.style.color;
    place.style.color = `var(${name})`;
    const { color } = getComputedStyle(place);
    place.style.color = before;
    return color;
  };
}

/** How often the colours have changed: what is drawn with them depends on it. */
export function useColors(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const changed = () => setChanges((now) => now + 1);
    system.addEventListener("change", changed);
    addEventListener("theme", changed);
    return () => {
      system.removeEventListener("change", changed);
      removeEventListener("theme", changed);
    };
  }, []);
  return changes;
}
