"use strict";
// The core of the page: data, controls, charts and downloads. A file of widgets/ registers each widget.
const udl = (() => {
  const widgets = {};
  const TYPES = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array, uint16: Uint16Array,
    int32: Int32Array };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  // Told apart with any colour vision, each with a contrast of 3 against the page.
  const COLORS = {
    light: ["#0000ff", "#a50000", "#d2780f", "#3c8787", "#b478d2", "#003c69", "#d23cff", "#78875a", "#5a00a5", "#690f2d"],
    dark: ["#0069ff", "#ff1e00", "#f0ff00", "#4bff78", "#e1a5ff", "#965a78", "#c3ffff", "#f09696", "#785ab4", "#c33c3c"],
  };

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // ---- data

  function fromHalf(bits) {
    const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }

  function inflated(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
  }

  async function decoded(value) {
    if (Array.isArray(value)) return Promise.all(value.map(decoded));
    if (value === null || typeof value !== "object") return value;
    if (!("deflated" in value)) {
      const items = await Promise.all(Object.values(value).map(decoded));
      return Object.fromEntries(Object.keys(value).map((name, i) => [name, items[i]]));
    }
    const buffer = await inflated(value.deflated);
    const values = value.dtype === "float16"
      ? Float32Array.from(new Uint16Array(buffer), fromHalf)
      : new TYPES[value.dtype](buffer);
    return { shape: value.shape, values };
  }

  const source = (id) => JSON.parse(document.getElementById(id).textContent);

  function download(name, text) {
    const address = URL.createObjectURL(new Blob([text]));
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  const quoted = (cell) => (/[",\n]/.test(cell) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell));
  const csv = (rows) => rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
  // Rows of columns: texts, or arrays. An array of shape [N, k] has k numbered columns. So have images in steps
  // from 0 to 255, from an image's least to its largest value.
  function table(columns) {
    const cell = (value) => (Number.isNaN(value) ? "" : Number.isInteger(value) ? value : Number(value.toPrecision(4)));
    const parts = Object.entries(columns).flatMap(([name, column]) => {
      if (Array.isArray(column)) return [{ name, at: (i) => column[i] }];
      const { steps, low, high } = column, { shape: [, k = 1], values } = steps ?? column;
      const value = (i, j) => {
        const stored = values[i * k + j];
        return steps ? low.values[i] + (stored / 255) * (high.values[i] - low.values[i]) : stored;
      };
      return Array.from({ length: k }, (_, j) => ({
        name: k > 1 ? `${name} ${j + 1}` : name, at: (i) => cell(value(i, j)) }));
    });
    const first = Object.values(columns)[0], N = first.shape ? first.shape[0] : first.length;
    return [parts.map(({ name }) => name), ...Array.from({ length: N }, (_, i) => parts.map(({ at }) => at(i)))];
  }
  const plain = (name, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);

  // ---- controls

  const control = {
    slider({ label, min, max, step, value, onInput, format = String }) {
      const input = make("input", { type: "range", min, max, step, value });
      const shown = make("span", { class: "value" }, format(Number(input.value)));
      const element = make("label", { class: "control" }, make("span", {}, label, ": ", shown), input);
      element.set = (chosen) => {
        input.value = chosen;
        shown.textContent = format(Number(input.value));
      };
      input.addEventListener("input", () => {
        shown.textContent = format(Number(input.value));
        onInput(Number(input.value));
      });
      return element;
    },
    choice({ label, options, value, onChange }) {
      const select = make("select");
      for (const option of options) {
        const [chosen, text] = Array.isArray(option) ? option : [option, option];
        select.append(make("option", { value: chosen }, text));
      }
      if (value !== undefined) select.value = value;
      select.addEventListener("change", () => onChange(select.value));
      return make("label", { class: "control" }, label, select);
    },
    button({ label, onClick }) {
      const element = make("button", { type: "button" }, label);
      element.addEventListener("click", onClick);
      return element;
    },
  };

  // A button that plays and pauses: `step` shows the next frame, and returns false at the end.
  // Its property `interval` is the time between frames in milliseconds.
  function animation({ label = "Play", step, interval = 120 }) {
    let timer = null;
    const stop = () => {
      clearTimeout(timer);
      timer = null;
      element.textContent = label;
    };
    const element = control.button({
      label,
      onClick() {
        if (timer !== null) return stop();
        element.textContent = "Pause";
        const wait = () => setTimeout(next, still.matches ? Math.max(element.interval, 500) : element.interval);
        const next = () => {
          timer = wait();
          if (step() === false) stop();
        };
        timer = wait();
      },
    });
    element.interval = interval;
    element.stop = stop;
    element.playing = () => timer !== null;
    return element;
  }

  // ---- images

  // Draw values in [0, 1] as dark ink on white, or signed values in blue (positive) and red (negative).
  // Pixels without a value are transparent.
  function image(canvas, values, [height, width, channels = 1], { signed = false, ink = true, largest = 1e-12 } = {}) {
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d"), made = context.createImageData(width, height);
    if (signed) for (const value of values) largest = Math.max(largest, Math.abs(value));
    for (let pixel = 0; pixel < Math.min(width * height, values.length / channels); pixel++) {
      const value = values[pixel * channels];
      let rgb;
      if (signed) {
        const size = Math.abs(value) / largest;
        rgb = value > 0 ? [1 - size, 1 - 0.55 * size, 1 - 0.3 * size] : [1 - 0.2 * size, 1 - 0.65 * size, 1 - size];
      } else if (channels === 3) rgb = [0, 1, 2].map((channel) => values[pixel * 3 + channel]);
      else rgb = Array(3).fill(ink ? 1 - value : value);
      rgb.forEach((part, channel) => { made.data[4 * pixel + channel] = 255 * part; });
      made.data[4 * pixel + 3] = 255;
    }
    context.putImageData(made, 0, 0);
  }

  // ---- start

  function dataButton(figure, name, text) {
    const label = `Data (${name.endsWith(".csv") ? "CSV" : "JSON"})`;
    const button = control.button({ label, onClick: async () => download(name, await text()) });
    button.setAttribute("aria-label", `${label}: ${name}`);
    figure.append(make("p", { class: "data" }, button));
  }

  const saved = (figure) => figure.dataset.source.replace("data-", "");

  async function start(figure) {
    const { kind, source: id } = figure.dataset, name = saved(figure);
    const picture = figure.querySelector("img"), root = make("div", { class: "root" });
    try {
      const data = await decoded(source(id));
      picture.replaceWith(root);
      const made = widgets[kind](root, data, tools);
      if (data.caption) figure.querySelector("figcaption").textContent = data.caption;
      if (made && made.csv) dataButton(figure, `${name}.csv`, () => csv(made.csv()));
      else dataButton(figure, `${name}.json`, () => JSON.stringify(data, plain));
    } catch (error) {
      root.replaceWith(picture);
      reportError(error);
    }
  }

  const tools = {
    make, control, animation, image, download, csv,
    get colors() { return COLORS[dark.matches ? "dark" : "light"]; },
    // Call `draw` now, and again when the theme changes.
    themed(draw) {
      draw();
      dark.addEventListener("change", draw);
    },
  };

  async function begin() {
    document.querySelectorAll("figure .wide table").forEach((table, number) => {
      const rows = () => [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent));
      const chapter = table.closest("section").id;
      dataButton(table.closest("figure"), `${chapter}-table${number + 1}.csv`, () => csv(rows()));
    });
    document.querySelectorAll("figure[data-source]:not(.widget)").forEach((figure) =>
      dataButton(figure, `${saved(figure)}.csv`, async () => csv(table(await decoded(source(figure.dataset.source))))));
    for (const figure of document.querySelectorAll("figure.widget")) {
      await start(figure);
      await new Promise((go) => { setTimeout(go); }); // so that the page stays usable meanwhile
    }
    document.documentElement.dataset.ready = "true";
  }

  addEventListener("load", () => setTimeout(begin));
  return { tools, source, widget: (kind, build) => { widgets[kind] = build; } };
})();
