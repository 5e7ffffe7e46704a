// uses network.js
// Auto-encoders rebuild a damaged image.

udl.widget("rebuild", (root, { images, labels, size, ink, networks }, tools) => {
  const { make, control } = tools;
  const { logistic, forward, backward, uniforms, tile } = udl.network;
  const D = images.shape[1], DAMAGES = ["masked pixels", "noise"];
  let chosen = 0, damage = DAMAGES[0], amount = 0.5, seed = 1;

  const image = (i) => Array.from(images.values.subarray(i * D, (i + 1) * D), (value) => value / 255);
  const rebuilt = (x, { W, bh, bo }) => backward(forward(x, W, bh).map(logistic), W, bo).map(logistic);
  const off = (a, b) => a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / D;

  function damaged(x) {
    const draw = uniforms(seed);
    return x.map((value) => {
      const u = draw(), v = draw();
      if (damage === DAMAGES[0]) return u < amount ? 0 : value;
      const normal = Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
      return Math.min(1, Math.max(0, value + amount * normal));
    });
  }

  const tiles = ["the image", "damaged", ...networks.map(({ name }) => name)].map((name) => tile(name, size, { ink }));

  function show() {
    const x = image(chosen), input = damaged(x), outputs = networks.map((network) => rebuilt(input, network));
    tiles[0].draw(x, "the image");
    tiles[1].draw(input, `damaged: error ${off(x, input).toFixed(3)}`);
    outputs.forEach((output, k) => tiles[k + 2].draw(output, `${networks[k].name}: error ${off(x, output).toFixed(3)}`));
    root.state = { input, outputs, errors: outputs.map((output) => off(x, output)) };
  }

  root.append(
    make("p", { class: "note" }, "Damage an image. Both auto-encoders rebuild it here, in your browser. Compare their "
      + "errors: with half of the pixels masked, with noise, and without damage."),
    make("div", { class: "controls" },
      control.choice({ label: "Image", options: labels.map((label, i) => [i, label]), value: 0, onChange(value) {
        chosen = Number(value);
        show();
      } }),
      control.choice({ label: "Damage", options: DAMAGES, value: damage, onChange(value) {
        damage = value;
        show();
      } }),
      control.slider({ label: "Amount", min: 0, max: 1, step: 0.05, value: amount, format: (a) => a.toFixed(2), onInput(value) {
        amount = value;
        show();
      } }),
      control.button({ label: "Other pixels", onClick() {
        seed += 1;
        show();
      } })),
    make("div", { class: "tiles" }, ...tiles),
    make("p", { class: "note" }, "The error is the mean squared difference from the image."),
  );
  show();
});
