// tools.chart: curves in SVG that can be zoomed by the mouse, by touch, and by the keyboard.

const { make, control } = udl.tools;
const SVG = new DOMParser().parseFromString("<svg></svg>", "text/html").body.firstChild.namespaceURI;
const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [340, 66, 12, 10, 42]; // pixels
const DASHES = ["", "7 3", "2 3", "9 3 2 3"];
let charts = 0;

function draw(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function short(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-3 ? Number(value.toPrecision(2)).toExponential().replace("e+", "e") : String(Number(value.toPrecision(4)));
}

// Round numbers from low to high: about `count`; on a logarithmic scale 1, 2, 5, 10, … or powers of ten.
// On a linear scale they are at least `apart` from each other.
function ticks(low, high, count, log, apart = 0) {
  if (log) {
    const powers = Array.from({ length: Math.floor(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
    const inside = (found) => found.filter((at) => at >= low && at <= high);
    const fine = inside(powers.flatMap((power) => [1, 2, 5].map((factor) => power + Math.log10(factor))));
    const every = Math.ceil((high - low) / count);
    const found = fine.length > 1.5 * count ? inside(powers.filter((power) => power % every === 0)) : fine;
    if (found.length > 2) return found;
  }
  const [from, to] = log ? [10 ** low, 10 ** high] : [low, high];
  const rough = (to - from) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(apart, power * [1, 2, 5, 10].find((factor) => factor * power >= rough));
  const found = [];
  for (let k = Math.ceil(from / step); k * step <= to; k++) found.push(k * step);
  return log ? found.filter((value) => value > 0).map(Math.log10) : found;
}

// Until a curve has two points, the chart shows the text `empty` instead.
function chart(root, { series, xLabel = "", yLabel = "", zoom = true, log = false, low = 0, empty = "" }) {
  const clip = `clip${++charts}`, hidden = new Set();
  let scale = log, view = null, width = 640;
  const height = (value) => (scale ? Math.log10(value) : value);
  const shown = () => series.filter((one) => !hidden.has(one.name));
  const counted = () => series.every((one) => Array.from(one.x).every(Number.isInteger)); // such as epochs
  const positive = () => series.every((one) => one.y.every((value) => !(value <= 0)));

  function whole() {
    const xs = shown().flatMap((one) => Array.from(one.x));
    const ys = shown().flatMap((one) => Array.from(one.y, height)).filter(Number.isFinite);
    const range = (values) => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
    let [[x0, x1], [y0, y1]] = [range(xs), range(ys)];
    if (!Number.isFinite(x0) || !Number.isFinite(y0)) [x0, x1, y0, y1] = [0, 1, 0, 1];
    if (x0 === x1) [x0, x1] = [x0 - 0.5, x1 + 0.5];
    if (scale && low > 0) y0 = Math.max(y0, Math.log10(low));
    const rim = 0.05 * (y1 - y0) || 0.5;
    return [x0, x1, y0 - rim, y1 + rim];
  }

  const svg = draw("svg", { height: HEIGHT, role: "img", tabindex: 0 });
  const note = make("p", { class: "note" });
  const legend = make("div", { class: "controls" });
  const place = {
    x: (value) => LEFT + ((value - view[0]) / (view[1] - view[0])) * (width - LEFT - RIGHT),
    y: (value) => HEIGHT - BOTTOM - ((value - view[2]) / (view[3] - view[2])) * (HEIGHT - TOP - BOTTOM),
  };
  const color = (number) => udl.tools.colors[number % udl.tools.colors.length];

  function redraw() {
    view ??= whole();
    width = Math.max(svg.parentElement.clientWidth, 200);
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const parts = [draw("clipPath", { id: clip }, draw("rect", {
      x: LEFT, y: TOP, width: width - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM }))];
    const waiting = empty && !shown().some((one) => one.x.length > 1);
    if (waiting) {
      parts.push(draw("rect", { class: "grid", fill: "none", x: LEFT, y: TOP, width: width - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM }),
        draw("text", { x: (LEFT + width) / 2, y: HEIGHT / 2, "text-anchor": "middle" }, empty));
    }
    for (const x of waiting ? [] : ticks(view[0], view[1], Math.min(7, width / 70), false, counted() ? 1 : 0)) {
      parts.push(draw("line", { class: "grid", x1: place.x(x), x2: place.x(x), y1: TOP, y2: HEIGHT - BOTTOM }),
        draw("text", { x: place.x(x), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }, short(x)));
    }
    for (const y of waiting ? [] : ticks(view[2], view[3], 6, scale)) {
      parts.push(draw("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: place.y(y), y2: place.y(y) }),
        draw("text", { x: LEFT - 6, y: place.y(y) + 4, "text-anchor": "end" }, short(scale ? 10 ** y : y)));
    }
    parts.push(draw("text", { x: (LEFT + width) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, xLabel),
      draw("text", { x: -(TOP + HEIGHT - BOTTOM) / 2, y: 13, "text-anchor": "middle", transform: "rotate(-90)" }, yLabel));
    series.forEach((one, number) => {
      if (waiting || hidden.has(one.name)) return;
      const points = Array.from(one.x, (x, i) => [place.x(x), place.y(height(one.y[i]))])
        .filter((point) => point.every(Number.isFinite)).map((point) => point.map((v) => v.toFixed(1)).join());
      const style = { class: "curve", stroke: color(number), "stroke-dasharray": DASHES[number % DASHES.length],
        "stroke-width": one.width ?? 1.8, "stroke-opacity": one.opacity ?? 1, "clip-path": `url(#${clip})` };
      parts.push(points.length === 1
        ? draw("circle", { ...style, cx: points[0].split(",")[0], cy: points[0].split(",")[1], r: 3 })
        : draw("polyline", { ...style, points: points.join(" ") }));
    });
    svg.replaceChildren(...parts);
    svg.setAttribute("aria-label", `${yLabel} against ${xLabel}: ${shown().map((one) => one.name).join(", ")}`);
    legend.replaceChildren(...series.length < 2 ? [] : series.map((one, number) => {
      const swatch = make("span", { class: "swatch" });
      swatch.style.borderTopColor = color(number);
      swatch.style.borderTopStyle = ["solid", "dashed", "dotted", "dashed"][number % 4];
      const button = control.button({ label: one.name, onClick() {
        hidden.has(one.name) ? hidden.delete(one.name) : hidden.add(one.name);
        redraw();
        legend.children[number].focus();
      } });
      button.prepend(swatch);
      button.setAttribute("aria-pressed", String(!hidden.has(one.name)));
      return button;
    }));
  }

  function zoomTo(next) {
    if (next && !(next[1] - next[0] > 1e-9 && next[3] - next[2] > 1e-9)) return;
    view = next;
    redraw();
  }
  function zoomBy(factor, x = (view[0] + view[1]) / 2) {
    const [x0, x1] = [x - (x - view[0]) * factor, x + (view[1] - x) * factor];
    zoomTo([x0, x1, ...heights(x0, x1)]);
  }
  // The range of the curves between two places, so that a zoomed curve fills the chart.
  function heights(x0, x1) {
    const inside = shown().flatMap((one) => Array.from(one.y, height).filter((y, i) =>
      Number.isFinite(y) && one.x[i] >= x0 && one.x[i] <= x1));
    if (!inside.length) return view.slice(2);
    const [low, high] = [Math.min(...inside), Math.max(...inside)], rim = 0.05 * (high - low) || 0.01 * Math.abs(high) || 0.5;
    return [low - rim, high + rim];
  }
  function moveBy(part) {
    const by = part * (view[1] - view[0]);
    zoomTo([view[0] + by, view[1] + by, view[2], view[3]]);
  }

  // The pointer's place as a value of x, and the curves' values there.
  const at = (event) => {
    const box = svg.getBoundingClientRect();
    const inside = Math.min(Math.max(((event.clientX - box.left) / box.width) * width, LEFT), width - RIGHT);
    return view[0] + ((inside - LEFT) / (width - LEFT - RIGHT)) * (view[1] - view[0]);
  };
  function tell(x) {
    const xs = shown().flatMap((one) => Array.from(one.x));
    if (!xs.length) return;
    const nearest = xs.reduce((best, value) => (Math.abs(value - x) < Math.abs(best - x) ? value : best));
    const values = shown().flatMap((one) => {
      const i = one.x.indexOf(nearest);
      return i < 0 ? [] : [`${one.name ? `${one.name} ` : ""}${short(one.y[i])}`];
    });
    note.textContent = `${xLabel || "x"} ${short(nearest)}: ${values.join("; ")}`;
    svg.querySelector(".cursor")?.remove();
    svg.append(draw("line", { class: "cursor", x1: place.x(nearest), x2: place.x(nearest), y1: TOP, y2: HEIGHT - BOTTOM }));
  }
  let from = null;
  svg.addEventListener("pointerdown", (event) => {
    if (!zoom) return;
    from = at(event);
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    tell(at(event));
    svg.querySelector(".dragged")?.remove();
    if (from === null) return;
    const [left, right] = [from, at(event)].sort((a, b) => a - b).map(place.x);
    svg.append(draw("rect", { class: "dragged", x: left, y: TOP, width: right - left, height: HEIGHT - TOP - BOTTOM }));
  });
  svg.addEventListener("pointerup", (event) => {
    if (from === null) return;
    const [x0, x1] = [from, at(event)].sort((a, b) => a - b);
    from = null;
    svg.querySelector(".dragged")?.remove();
    if (place.x(x1) - place.x(x0) > 8) zoomTo([x0, x1, ...heights(x0, x1)]);
    else tell(x0);
  });
  svg.addEventListener("pointercancel", () => { from = null; });
  svg.addEventListener("dblclick", () => zoomTo(null));
  svg.addEventListener("keydown", (event) => {
    const action = { "+": () => zoomBy(0.6), "-": () => zoomBy(1 / 0.6), ArrowLeft: () => moveBy(-0.2),
      ArrowRight: () => moveBy(0.2), Escape: () => zoomTo(null) }[event.key];
    if (!action || !zoom) return;
    event.preventDefault();
    action();
  });

  const buttons = make("div", { class: "controls" });
  if (zoom) {
    buttons.append(
      control.button({ label: "Zoom in", onClick: () => zoomBy(0.6) }),
      control.button({ label: "Zoom out", onClick: () => zoomBy(1 / 0.6) }),
      control.button({ label: "Whole curves", onClick: () => zoomTo(null) }),
    );
    if (positive()) {
      buttons.append(control.choice({ label: "Scale", options: ["linear", "logarithmic"],
        value: log ? "logarithmic" : "linear", onChange(value) {
          scale = value === "logarithmic";
          zoomTo(null);
        } }));
    }
    note.textContent = "Drag over the curves to zoom. Keys: +, −, arrows, Escape.";
  }
  root.append(make("div", { class: "chart" }, svg), note, legend, buttons);
  udl.tools.themed(redraw);
  new ResizeObserver(() => svg.parentElement.clientWidth !== width && redraw()).observe(svg.parentElement);
  return {
    update(next) {
      series = next;
      view = null;
      redraw();
    },
  };
}

udl.tools.chart = chart;
