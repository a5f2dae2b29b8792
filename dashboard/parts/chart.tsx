/* How does a value over time look? A line per series, of the last minutes, with its latest value in words beside it. */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { short } from "../data/format.ts";

export interface Series {
  name: string;
  values: (number | null)[];
}

const COLORS = 8; // --line-0 to --line-7
const HEIGHT = 150;

interface Props {
  title: string;
  unit?: string;
  /** Seconds since 1970. */
  times: number[];
  series: Series[];
  /** The top of the scale, where it is fixed. */
  most?: number;
}

export function Chart({ title, unit = "", times, series, most }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const data: uPlot.AlignedData = [times, ...series.map(({ values }) => values)];
  // A plot is made again for other series, and for other colours.
  const shape = `${useColors()} ${most} ${series.map(({ name }) => name).join("\n")}`;
  useEffect(() => {
    const made = madeIn(place.current!, series, most, data);
    plot.current = made.plot;
    return made.end;
  }, [shape]);
  useEffect(() => plot.current?.setData(data));
  const latest = series.map(({ name, values }) => ({ name, text: `${short(values.at(-1))}${unit}` }));
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div
        ref={place}
        role="img"
        aria-label={`${title}: ${latest.map(({ name, text }) => `${name} ${text}`).join(", ")}`}
      />
      <ul class="legend">
        {latest.map(({ name, text }, i) => (
          <li key={name}>
            <span class={`swatch line-${i % COLORS}`} aria-hidden="true" />
            {name} <b>{text}</b>
          </li>
        ))}
      </ul>
    </figure>
  );
}

function madeIn(place: HTMLElement, series: Series[], most: number | undefined, data: uPlot.AlignedData) {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: color("--dim"), grid: { stroke: color("--edge"), width: 1 }, ticks: { show: false } };
  const plot = new uPlot(
    {
      ...{ width: Math.max(200, place.clientWidth), height: HEIGHT, legend: { show: false } },
      cursor: { show: false },
      scales: { y: { range: (_, __, top) => [0, most ?? Math.max(top * 1.1, 1)] } },
      axes: [
        { ...axis, space: 70 },
        { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => short(tick)) },
      ],
      series: [
        {},
        ...series.map(({ name }, i) => ({
          label: name,
          stroke: color(`--line-${i % COLORS}`),
          width: 1.5,
          points: { show: false },
          ...(i >= COLORS ? { dash: [4, 3] } : {}),
        })),
      ],
    },
    data,
    place,
  );
  const resized = new ResizeObserver(() => plot.setSize({ width: Math.max(200, place.clientWidth), height: HEIGHT }));
  resized.observe(place);
  const end = () => {
    resized.disconnect();
    plot.destroy();
  };
  return { plot, end };
}

/** How often the colours have changed. */
function useColors(): number {
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
