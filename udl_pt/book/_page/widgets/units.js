// uses network.js
// Hidden units: their weights, the input made for them, and the images that drive them most.

udl.widget("units", (root, { layers, size, ink }, tools) => {
  const { make, control } = tools;
  const { tile } = udl.network;
  const D = size[0] * size[1];
  let layer = layers[0], unit = 0;
  const image = (bytes, i) => Array.from(bytes.values.subarray(i * D, (i + 1) * D), (value) => value / 255);
  const signed = (numbers, i) => numbers.values.subarray(i * D, (i + 1) * D);

  const wall = make("div", { class: "wall", role: "group", "aria-label": "Units; arrow keys go from one to the next" });
  const shown = make("div", { class: "tiles" }), note = make("p", { class: "note", role: "status" });

  function show(next) {
    unit = next;
    [...wall.children].forEach((button, i) => {
      button.setAttribute("aria-pressed", String(i === unit));
      button.tabIndex = i === unit ? 0 : -1;
    });
    const parts = [];
    if (layer.weights) {
      const weights = tile("its weights", size, { signed: true });
      weights.draw(signed(layer.weights, unit), "its weights: blue switches it on, orange off");
      parts.push(weights);
    }
    const best = tile("the input made for it", size, { ink });
    best.draw(image(layer.inputs, unit), `made for it: activation ${layer.activations.values[unit].toFixed(2)}`);
    parts.push(best);
    const K = layer.images.shape[1];
    for (let k = 0; k < K; k++) {
      const found = tile("an image", size, { ink });
      found.draw(image(layer.images, unit * K + k), `${layer.labels[unit][k]}: ${layer.driven.values[unit * K + k].toFixed(2)}`);
      parts.push(found);
    }
    shown.replaceChildren(...parts);
    note.textContent = `Unit ${layer.units.values[unit] + 1} of ${layer.name}. Below an image are its label and the unit's activation.`;
    root.state = { unit, layer: layer.name };
  }

  function build() {
    const N = layer.inputs.shape[0];
    wall.replaceChildren(...Array.from({ length: N }, (_, i) => {
      const canvas = make("canvas", { "aria-hidden": "true" });
      if (layer.weights) tools.image(canvas, signed(layer.weights, i), size, { signed: true });
      else tools.image(canvas, image(layer.inputs, i), size, { ink });
      const button = control.button({ label: "", onClick: () => show(i) });
      button.append(canvas);
      button.setAttribute("aria-label", `Unit ${layer.units.values[i] + 1}`);
      return button;
    }));
    show(0);
  }

  wall.addEventListener("keydown", (event) => {
    const top = wall.children[0].offsetTop, across = [...wall.children].filter((one) => one.offsetTop === top).length;
    const way = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
    const next = unit + way;
    if (!way || !wall.children[next]) return;
    event.preventDefault();
    show(next);
    wall.children[next].focus();
  });
  root.append(
    make("p", { class: "note" }, "Choose a unit, with a click or the arrow keys."),
    control.choice({ label: "Layer", options: layers.map(({ name }, i) => [i, name]), value: 0, onChange(value) {
      layer = layers[Number(value)];
      build();
    } }), wall, note, shown);
  build();
});
