// uses network.js
// Auto-encoders rebuild a damaged image from its code, the values of their hidden units.

udl.widget("rebuild", (root, { images, labels, size, ink, networks }, tools) => {
  const { make, control } = tools;
  const { logistic, forward, backward, uniforms, tile } = udl.network;
  const D = images.shape[1], DAMAGES = ["masked pixels", "noise"];
  let chosen = 0, damage = DAMAGES[0], amount = 0.5, seed = 1;

  const image = (i) => Array.from(images.values.subarray(i * D, (i + 1) * D), (value) => value / 255);
  const encoded = (x, { W, bh }) => forward(x, W, bh).map(logistic);
  const decoded = (code, { W, bo }) => backward(code, W, bo).map(logistic);
  const off = (a, b) => a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;

  function damaged(x) {
    const draw = uniforms(seed);
    return x.map((value) => {
      const u = draw(), v = draw();
      if (damage === DAMAGES[0]) return u < amount ? 0 : value;
      const normal = Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
      return Math.min(1, Math.max(0, value + amount * normal));
    });
  }

  const given = ["the image", "damaged"].map((name) => tile(name, size, { ink }));
  const pairs = networks.map(({ name, bh }) => {
    const M = bh.values.length, across = Math.ceil(Math.sqrt(M));
    return [tile(`${name}: code`, [Math.ceil(M / across), across]), tile(name, size, { ink })];
  });

  function show() {
    const x = image(chosen), input = damaged(x), codes = networks.map((network) => encoded(input, network));
    const outputs = networks.map((network, k) => decoded(codes[k], network));
    given[0].draw(x, "the image");
    given[1].draw(input, `damaged: error ${off(x, input).toFixed(3)}`);
    networks.forEach((network, k) => {
      const [code, output] = pairs[k], moved = Math.sqrt(off(codes[k], encoded(x, network)));
      code.draw(codes[k], `${network.name}: code, moved by ${moved.toFixed(3)}`);
      output.draw(outputs[k], `rebuilt from it: error ${off(x, outputs[k]).toFixed(3)}`);
    });
    root.state = { x, input, codes, outputs, errors: outputs.map((output) => off(x, output)) };
  }

  root.append(
    make("p", { class: "note" }, "Damage an image. Both auto-encoders rebuild it here, in your browser. Compare their "
      + "errors, and how far their codes move: with half of the pixels masked, with noise, and without damage."),
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
    make("div", { class: "tiles" }, ...given),
    make("div", { class: "tiles" }, ...pairs.flat()),
    make("p", { class: "note" }, "The error is the mean squared difference from the image. A code is the values of the hidden "
      + "units, in no order: white for 0, black for 1. How far it moved is the root mean squared difference from "
      + "the code of the undamaged image."),
  );
  show();
});
