// The vanishing gradient: how far each step moves each layer's weights.

udl.widget("gradients", (root, { networks, layers, steps }, tools) => {
  const { make, control } = tools;
  const sizes = networks.flatMap(({ sizes }) => Array.from(sizes.values)).filter((size) => size > 0);
  const low = Math.floor(Math.log10(Math.min(...sizes))), high = Math.ceil(Math.log10(Math.max(...sizes)));
  const last = steps.values.length - 1;
  const panels = make("div", { class: "panels" });
  const rows = networks.map(({ name }) => {
    const parts = layers.map((layer) => ({ layer, bar: make("span", { class: "bar" }), value: make("td") }));
    const table = make("table", { class: "bars" }, make("caption", {}, name),
      ...[...parts].reverse().map(({ layer, bar, value }) =>
        make("tr", {}, make("th", { scope: "row" }, layer), make("td", {}, bar), value)));
    panels.append(table);
    return parts;
  });

  function show(step) {
    networks.forEach(({ sizes }, network) => rows[network].forEach(({ bar, value }, layer) => {
      const size = sizes.values[step * layers.length + layer];
      const part = size > 0 ? (Math.log10(size) - low) / (high - low) : 0;
      bar.style.width = `${(100 * Math.min(Math.max(part, 0), 1)).toFixed(1)}%`;
      bar.style.backgroundColor = tools.colors[layer % 10];
      value.textContent = size > 0 ? size.toExponential(1) : "0";
    }));
  }

  let at = 0;
  const go = (next) => {
    at = next;
    slider.set(at);
    show(at);
  };
  const slider = control.slider({ label: "Step", min: 0, max: last, step: 1, value: 0,
    format: (k) => steps.values[k].toLocaleString("en"), onInput(k) {
      play.stop();
      go(k);
    } });
  const play = tools.animation({ label: "Play", interval: 60, step() {
    go(at === last ? 0 : at + 1);
    return at < last;
  } });

  const names = networks.map(({ name }, number) => [number, name]);
  const series = (number) => layers.map((name, layer) => ({ name, x: steps.values,
    y: Array.from(steps.values, (_, k) => networks[number].sizes.values[k * layers.length + layer]) }));
  root.append(make("div", { class: "controls" }, slider, play), panels,
    make("p", { class: "note" }, `The bars' scale is logarithmic: from 1e${low} to 1e${high}.`));
  const curves = make("div");
  root.append(control.choice({ label: "Curves of the network", options: names, value: 0,
    onChange: (number) => chart.update(series(Number(number))) }), curves);
  const chart = tools.chart(curves, { series: series(0), xLabel: "step of fine-tuning",
    yLabel: "mean size of a weight's update", log: true });
  tools.themed(() => show(at));

  return {
    csv: () => [["network", "step", ...layers], ...networks.flatMap(({ name, sizes }) =>
      Array.from(steps.values, (step, k) => [name, step,
        ...sizes.values.slice(k * layers.length, (k + 1) * layers.length)]))],
  };
});
