/* Light or dark? As the system has it, until the user chooses. */
import { useEffect, useState } from "preact/hooks";

const PLACE = "hnsw-workers theme";
const THEMES = ["auto", "light", "dark"];

export function ThemeButton() {
  const [theme, setTheme] = useState(() => localStorage.getItem(PLACE) ?? "auto");
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(PLACE, theme);
    dispatchEvent(new Event("theme"));
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
  return (
    <button type="button" onClick={() => setTheme(next)} title={`Colours: ${theme}. Next: ${next}`}>
      {theme}
      <span class="hidden"> colours</span>
    </button>
  );
}
