// Line charts: axes that are linear or logarithmic, lines with gaps where a value is no number, a legend with names; paths and
// arrows.

import { figure, format, svg, tip } from "./dom.js";

export const MARGIN = { left: 62, right: 14, top: 30, bottom: 46 };

// Of charts: narrower on a phone, so that their texts stay large enough.
export const WIDTH = innerWidth < 500 ? 400 : 560;

let clips = 0;

export const color = (i) => `s${i % 7}`;
const DASHES = ["", "7 4", "2 3", "9 3 2 3"];

// Round places between two ends: powers of ten, or steps of 1, 2 or 5.
const ticks = (scale, from, to) => {
  if (scale === "log") {
    const [first, last] = [Math.ceil(Math.log10(from) - 1e-9), Math.floor(Math.log10(to) + 1e-9)];
    const step = Math.max(1, Math.ceil((last - first) / 7));
    return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => 10 ** (first + i * step));
  }
  const rough = (to - from) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((step) => step >= rough);
  const list = [];
  for (let x = Math.ceil(from / step) * step; x <= to + step * 1e-9; x += step) list.push(Math.abs(x) < step * 1e-9 ? 0 : x);
  return list;
};

// The path through points, with a gap where one is null.
export const path = (points) => points.map((point, i) => point && `${i && points[i - 1] ? "L" : "M"}${point.map((x) => x.toFixed(1)).join(" ")}`).filter(Boolean).join("");

// The path of an arrow from a place in a direction.
export const arrow = (from, angle, length) => {
  const to = ([x, y], turn, r) => [x + r * Math.cos(angle + turn), y + r * Math.sin(angle + turn)];
  const end = to(from, 0, length);
  return path([from, end, null, to(end, 2.7, 11), end, to(end, -2.7, 11)]);
};

export const scaler = ({ scale, range: [from, to] }, start, end) => {
  const f = scale === "log" ? Math.log10 : (x) => x;
  const [low, high] = [f(from), f(to)];
  return (x) => start + ((f(x) - low) / (high - low || 1)) * (end - start);
};

const name = (scale, x) => (scale === "log" ? x.toExponential(0).replace("e+", "e") : format(x, 4));

// The range of what is drawn, with a little room.
const rangeOf = (values, scale) => {
  const usable = values.filter((x) => typeof x === "number" && (scale !== "log" || x > 0));
  if (!usable.length) return scale === "log" ? [0.1, 10] : [-1, 1];
  const [low, high] = [Math.min(...usable), Math.max(...usable)];
  if (scale === "log") return [low / 2, high * 2];
  const room = (high - low) * 0.05 || Math.abs(high) * 0.05 || 1;
  return [low - room, high + room];
};

// A chart of { title, width, height, x, y, lines, marks }: an axis is { label, scale: "linear" | "log", range }, a line
// { name, points: [[x, y]], color, dash, dots }, a mark { x, label, color } a vertical line.
export const chart = ({ title, width, height, x, y, lines, marks = [] }) => {
  const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
  const [toX, toY] = [scaler(x, left, right), scaler(y, bottom, top)];
  const group = svg("g", { class: "chart" });
  clips += 1;
  const clip = `plot-${clips}`;
  group.append(svg("clipPath", { id: clip }, svg("rect", { x: left, y: top - 4, width: right - left, height: bottom - top + 8 })));
  group.append(svg("text", { x: left, y: 18, class: "heading" }, title));
  for (const tick of ticks(x.scale, ...x.range)) {
    group.append(svg("line", { class: "grid", x1: toX(tick), x2: toX(tick), y1: top, y2: bottom }),
      svg("text", { x: toX(tick), y: bottom + 16, "text-anchor": "middle" }, name(x.scale, tick)));
  }
  for (const tick of ticks(y.scale, ...y.range)) {
    group.append(svg("line", { class: "grid", x1: left, x2: right, y1: toY(tick), y2: toY(tick) }),
      svg("text", { x: left - 6, y: toY(tick) + 4, "text-anchor": "end" }, name(y.scale, tick)));
  }
  group.append(svg("text", { x: (left + right) / 2, y: height - 10, "text-anchor": "middle" }, x.label),
    svg("text", { x: 14, y: (top + bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${(top + bottom) / 2})` }, y.label));
  const inside = (at, [low, high], slack) => at >= Math.min(low, high) - slack && at <= Math.max(low, high) + slack;
  for (const { x: at, label, color } of marks) {
    if (!inside(toX(at), [left, right], 0)) continue;
    group.append(svg("line", { class: `mark ${color}`, x1: toX(at), x2: toX(at), y1: top, y2: bottom }, tip(label)));
  }
  for (const line of lines) {
    const dots = [];
    const places = line.points.map(([px, py]) => {
      const usable = typeof px === "number" && typeof py === "number" && (y.scale !== "log" || py > 0);
      const [sx, sy] = usable ? [toX(px), toY(py)] : [0, 0];
      if (!usable || !inside(sy, [top, bottom], 400)) return null;
      if (line.dots && inside(sy, [top, bottom], 0)) {
        dots.push(svg("circle", { class: `dot ${line.color}`, cx: sx, cy: sy, r: 3 },
          tip(`${line.name}: ${x.label} ${format(px, 4)}, ${y.label} ${format(py, 4)}`)));
      }
      return [sx, sy];
    });
    group.append(svg("path", { class: `line ${line.color}`, d: path(places), "clip-path": `url(#${clip})`, "stroke-dasharray": DASHES[line.dash ?? 0] || null }), ...dots);
  }
  return group;
};

// Names and colours of lines, beside each other as far as the width goes: an element and its height.
const legend = (lines, width) => {
  const group = svg("g", { class: "legend" });
  let [x, y] = [MARGIN.left, 12];
  for (const { name, color, dash } of lines) {
    const length = 44 + name.length * 7;
    if (x + length > width && x > MARGIN.left) [x, y] = [MARGIN.left, y + 18];
    group.append(svg("line", { class: `line ${color}`, x1: x, x2: x + 24, y1: y - 4, y2: y - 4, "stroke-dasharray": DASHES[dash ?? 0] || null }),
      svg("text", { x: x + 30, y }, name));
    x += length;
  }
  return { group, height: y + 8 };
};

// A chart with its legend. An axis without a range is as long as its lines.
export const plot = (it, { width = WIDTH, height = 300, marks = [] } = {}) => {
  const axis = (axis, i) => ({ ...axis, range: axis.range ?? rangeOf(it.lines.flatMap((line) => line.points.map((point) => point[i])), axis.scale) });
  const { group, height: top } = legend(it.lines, width);
  const drawn = chart({ ...it, width, height, x: axis(it.x, 0), y: axis(it.y, 1), marks: [...(it.marks ?? []), ...marks] });
  drawn.setAttribute("transform", `translate(0 ${top})`);
  return figure(width, top + height, it.title, {}, group, drawn);
};

// Charts under each other, as one picture.
export const stack = (label, list, size) => {
  let y = 0;
  const all = list.map((it) => {
    const one = plot(it, size);
    one.setAttribute("y", y);
    y += Number(one.getAttribute("height"));
    return one;
  });
  return figure(size.width, y, label, {}, all);
};
