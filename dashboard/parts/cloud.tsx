/* How are 20,000 points drawn and moved around in? As pixels of a canvas, all at once: a shape each would take too long. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type Cloud, COLORS, pointAt, type Window, wholeOf } from "../data/map.ts";
import { colorIn, useColors } from "./colors.ts";

const HALF = 1; // pixels around a point's own: 3 × 3
const REACH = 12; // pixels between a click and the point that it picks
const ZOOM = 1.25;
const MOVE = 60; // pixels a key press

interface Props {
  cloud: Cloud;
  label: string;
  /** By place in the cloud. */
  picked: number;
  neighbours: readonly number[];
  onPick(place: number): void;
}

export function CloudCanvas({ cloud, label, picked, neighbours, onPick }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [moved, setMoved] = useState<Window | null>(null);
  const shown = moved ?? wholeOf(cloud, size.width, size.height);
  const colors = useColors();
  useEffect(() => {
    const place = canvas.current!;
    const resized = new ResizeObserver(() => setSize({ width: place.clientWidth, height: place.clientHeight }));
    resized.observe(place);
    return () => resized.disconnect();
  }, []);
  useEffect(() => setMoved(null), [cloud]);
  const palette = useRef<Palette>({ words: new Uint32Array(), text: "" });
  useEffect(() => {
    palette.current = paletteOf(canvas.current!);
  }, [colors]);
  useEffect(() => {
    const marks = picked < 0 ? [] : [picked, ...neighbours];
    const frame = requestAnimationFrame(() => {
      if (canvas.current !== null) draw(canvas.current, size, cloud, shown, marks, palette.current);
    });
    return () => cancelAnimationFrame(frame);
  }, [size, cloud, shown.x, shown.y, shown.scale, picked, neighbours, colors]);
  const move = (right: number, down: number, factor = 1) =>
    setMoved({ x: shown.x + right / shown.scale, y: shown.y + down / shown.scale, scale: shown.scale * factor });
  return (
    <canvas
      {...{ ref: canvas, class: "plot", tabIndex: 0, role: "img", "aria-label": label }}
      onKeyDown={(event) => byKey(event, move)}
      {...byPointer(size, move, (right, down) => {
        const place = pointAt(cloud, shown, right, down, REACH);
        if (place >= 0) onPick(place);
      })}
    />
  );
}

type Move = (right: number, down: number, factor?: number) => void;

function byKey(event: KeyboardEvent, move: Move): void {
  const steps: Record<string, [number, number, number?]> = {
    ...{ ArrowLeft: [-MOVE, 0], ArrowRight: [MOVE, 0], ArrowUp: [0, -MOVE], ArrowDown: [0, MOVE] },
    ...{ "+": [0, 0, ZOOM], "=": [0, 0, ZOOM], "-": [0, 0, 1 / ZOOM] },
  };
  const step = steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  move(...step);
}

/** Dragging moves, the wheel zooms around the pointer, and a click without a move picks. */
function byPointer(size: { width: number; height: number }, move: Move, pick: (x: number, y: number) => void) {
  const at = ({ offsetX, offsetY }: MouseEvent): [number, number] => [
    offsetX - size.width / 2,
    offsetY - size.height / 2,
  ];
  const drag = useRef<{ x: number; y: number; from: number } | null>(null);
  return {
    onPointerDown(event: PointerEvent) {
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      drag.current = { x: event.clientX, y: event.clientY, from: event.clientX + event.clientY * 1e5 };
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      if (drag.current === null) return;
      move(drag.current.x - clientX, drag.current.y - clientY);
      drag.current = { ...drag.current, x: clientX, y: clientY };
    },
    onPointerUp(event: PointerEvent) {
      if (drag.current?.from === event.clientX + event.clientY * 1e5) pick(...at(event));
      drag.current = null;
    },
    onWheel(event: WheelEvent) {
      event.preventDefault();
      const factor = event.deltaY < 0 ? ZOOM : 1 / ZOOM;
      const [right, down] = at(event);
      // What is below the pointer stays there.
      move(right * (1 - 1 / factor), down * (1 - 1 / factor), factor);
    },
  };
}

function draw(
  canvas: HTMLCanvasElement,
  { width, height }: { width: number; height: number },
  cloud: Cloud,
  { x, y, scale }: Window,
  marks: readonly number[],
  { words, text }: Palette,
): void {
  const start = performance.now();
  const dense = Math.min(2, devicePixelRatio);
  const [columns, rows] = [Math.round(width * dense), Math.round(height * dense)];
  if (columns === 0 || rows === 0) return;
  if (canvas.width !== columns || canvas.height !== rows) [canvas.width, canvas.height] = [columns, rows];
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const toColumn = (i: number) => Math.round(((cloud.xs[i]! - x) * scale + width / 2) * dense);
  const toRow = (i: number) => Math.round(((cloud.ys[i]! - y) * scale + height / 2) * dense);
  for (let i = 0; i < cloud.xs.length; i++) {
    const [column, row] = [toColumn(i), toRow(i)];
    if (column < HALF || row < HALF || column >= columns - HALF || row >= rows - HALF) continue;
    const color = words[cloud.colors[i]!]!;
    for (let at = (row - HALF) * columns + column; at <= (row + HALF) * columns + column; at += columns) {
      pixels[at - 1] = color;
      pixels[at] = color;
      pixels[at + 1] = color;
    }
  }
  context.putImageData(image, 0, 0);
  context.lineWidth = 2 * dense;
  context.strokeStyle = text;
  for (const [i, place] of marks.entries()) {
    context.beginPath();
    context.arc(toColumn(place), toRow(place), (i === 0 ? 8 : 5) * dense, 0, 7);
    context.stroke();
  }
  canvas.dataset.frameMs = (performance.now() - start).toFixed(2);
}

interface Palette {
  /** Colours in the order of bytes that a canvas has; the last is for points without one. */
  words: Uint32Array;
  text: string;
}

function paletteOf(canvas: HTMLCanvasElement): Palette {
  const color = colorIn(canvas);
  const names = Array.from({ length: COLORS }, (_, i) => `--line-${i}`);
  const words = [...names, "--dim"].map((name) => {
    const [red = 0, green = 0, blue = 0] = (color(name).match(/\d+/g) ?? []).map(Number);
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
  return { words: Uint32Array.from(words), text: color("--text") };
}
