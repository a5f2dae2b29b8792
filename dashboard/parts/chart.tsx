/* How does a value over time look? A line per series, of the last minutes, with its latest value in words beside it. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { short } from "../data/format.ts";
import { colorIn, useColors } from "./colors.ts";

export interface Series {
  name: string;
  values: (number | null)[];
}

const COLORS = 8; // --line-0 to --line-7
const HEIGHT = 150;
const WINDOW_SECONDS = 300;

const clock = (seconds: number) => new Date(seconds * 1000).toTimeString().slice(0, 8);

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
  const color = colorIn(place);
  const axis = { stroke: color("--dim"), grid: { stroke: color("--edge"), width: 1 }, ticks: { show: false } };
  const plot = new uPlot(
    {
      ...{ width: Math.max(200, place.clientWidth), height: HEIGHT, legend: { show: false } },
      cursor: { show: false },
      scales: {
        x: { range: (_, __, last) => [last - WINDOW_SECONDS, last] },
        y: { range: (_, __, top) => [0, most ?? Math.max(top * 1.1, 1)] },
      },
      axes: [
        { ...axis, size: 30, space: 70, values: (_, ticks) => ticks.map(clock) },
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
