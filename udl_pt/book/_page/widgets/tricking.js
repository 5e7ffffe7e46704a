// uses network.js
// The fast gradient sign method on small networks, computed in the page.

udl.widget("tricking", (root, { images, labels, classes, answers, size, ink, networks }, tools) => {
  const { make, control } = tools;
  const { logistic, softmax, forward, backward, tile } = udl.network;
  const D = images.shape[1], ANY = "any other", LARGEST = 0.3;
  let chosen = 0, network = networks[0], target = ANY, epsilon = 0.1;

  const image = (i) => Array.from(images.values.subarray(i * D, (i + 1) * D), (value) => value / 255);
  function logits(x, { layers }) {
    const hidden = [];
    let h = x;
    for (const { W, b } of layers.slice(0, -1)) {
      h = forward(h, W, b).map(logistic);
      hidden.push(h);
    }
    const top = layers[layers.length - 1];
    return { hidden, out: forward(h, top.W, top.b) };
  }

  // The gradient of the logarithm of the odds against a class, with respect to the input.
  function gradient(x, label, { layers }) {
    const { hidden, out } = logits(x, { layers });
    const others = softmax(out.map((a, k) => (k === label ? -Infinity : a)));
    let delta = others.map((p, k) => (k === label ? -1 : p));
    for (let k = layers.length - 1; k >= 0; k--) {
      delta = backward(delta, layers[k].W);
      if (k > 0) delta = delta.map((d, j) => d * hidden[k - 1][j] * (1 - hidden[k - 1][j]));
    }
    return delta;
  }

  function attacked(x, label) {
    const against = target === ANY ? gradient(x, label, network) : gradient(x, Number(target), network).map((d) => -d);
    return x.map((value, i) => Math.min(1, Math.max(0, value + epsilon * Math.sign(against[i]))));
  }

  const tiles = [tile("the image", size, { ink }), tile("the change", size, { signed: true, largest: LARGEST }), tile("changed", size, { ink })];
  const bars = classes.map((name) => {
    const before = make("span", { class: "bar thin before" }), after = make("span", { class: "bar thin" });
    return { before, after, value: make("td"), row: null, name };
  });
  const table = make("table", { class: "bars" }, make("caption", {}, "Probabilities before (grey) and after (in colour)"),
    ...bars.map((bar) => make("tr", {}, make("th", { scope: "row" }, bar.name), make("td", {}, bar.before, bar.after), bar.value)));
  const note = make("p", { class: "note", role: "status" });

  function show() {
    const x = image(chosen), label = answers.values[chosen], moved = attacked(x, label);
    const [before, after] = [x, moved].map((input) => softmax(logits(input, network).out));
    tiles[0].draw(x, "the image");
    tiles[1].draw(moved.map((value, i) => value - x[i]), `the change, ${epsilon.toFixed(2)} a pixel at most: blue raises a pixel, orange lowers it`);
    tiles[2].draw(moved, "the changed image");
    bars.forEach((bar, k) => {
      bar.before.style.width = `${(100 * before[k]).toFixed(1)}%`;
      bar.after.style.width = `${(100 * after[k]).toFixed(1)}%`;
      bar.after.style.backgroundColor = tools.colors[k === label ? 0 : 1];
      bar.value.textContent = `${(100 * before[k]).toFixed(0)}% → ${(100 * after[k]).toFixed(0)}%`;
    });
    const found = after.indexOf(Math.max(...after));
    note.textContent = `The network says ${classes[found]} (${(100 * after[found]).toFixed(0)}%); the label is ${classes[label]}.`;
    root.state = { x, moved, before, after, gradient: gradient(x, label, network) };
  }

  const change = (set) => (value) => {
    set(value);
    show();
  };
  root.append(
    make("p", { class: "note" }, "Raise epsilon until the network errs. Then choose a target, or the hardened network."),
    make("div", { class: "controls" },
      control.choice({ label: "Image", options: labels.map((label, i) => [i, label]), value: 0,
        onChange: change((value) => { chosen = Number(value); }) }),
      control.choice({ label: "Network", options: networks.map(({ name }, i) => [i, name]), value: 0,
        onChange: change((value) => { network = networks[Number(value)]; }) }),
      control.choice({ label: "Target", options: [ANY, ...classes.map((name, k) => [k, name])], value: ANY,
        onChange: change((value) => { target = value; }) }),
      control.slider({ label: "Epsilon", min: 0, max: LARGEST, step: 0.01, value: epsilon, format: (a) => a.toFixed(2),
        onInput: change((value) => { epsilon = value; }) })),
    make("div", { class: "tiles" }, ...tiles), note, table);
  tools.themed(show);
});
