// uses network.js
// A Gibbs chain in an RBM, or in the top RBM of a deep belief network. Lower layers pass means down.

udl.widget("gibbs", (root, { images, labels, size, ink, layers }, tools) => {
  const { make, control } = tools;
  const { logistic, softplus, forward, backward, uniforms, tile } = udl.network;
  const below = layers.slice(0, -1), { W, c, b } = layers[layers.length - 1];
  const D = images.shape[1], M = W.shape[1], NOISE = "noise", LONGEST = 2000, RECENT = 100;
  const across = Math.ceil(Math.sqrt(2 * M)), rows = Math.ceil(M / across);
  let start = NOISE, seed = 1, draw, v, step, energies;

  const drawn = (means) => means.map((mean) => (draw() < mean ? 1 : 0));
  const energy = (x) => -x.reduce((sum, value, i) => sum + value * b.values[i], 0)
    - forward(x, W, c).reduce((sum, a) => sum + softplus(a), 0);
  const down = (x) => below.reduceRight((h, layer) => backward(h, layer.W, layer.b).map(logistic), x);
  const up = (x) => below.reduce((h, layer) => forward(h, layer.W, layer.c).map(logistic), x);

  const picture = tile("visible units", size, { ink }), units = tile("hidden units", [rows, across], { ink: true });
  const count = make("p", { class: "note" });
  const place = make("div");

  function show(means, h, chances = null) {
    const shown = down(means);
    const dreamt = below.length ? "what the top RBM dreams, passed down" : "means of the visible units";
    picture.draw(shown, step ? dreamt : "the start");
    units.draw(h, `${M} hidden units${below.length ? " at the top" : ""}, ${step ? "dark: on" : "not drawn yet"}`);
    count.ariaLive = play.playing() ? "off" : "polite"; // nobody hears ten steps a second
    count.textContent = `Step ${step}: free energy ${energies[energies.length - 1].toFixed(1)} nats`;
    const first = Math.max(0, step - RECENT);
    chart.update([{ name: "", x: Array.from(energies.keys()).slice(first), y: energies.slice(first) }]);
    root.state = { step, v, h, chances, means, shown, energy: energies[energies.length - 1] };
  }

  function begin() {
    draw = uniforms(seed);
    const image = (i) => Array.from(images.values.subarray(i * D, (i + 1) * D), (value) => value / 255);
    const means = start === NOISE ? new Array(W.shape[0]).fill(0.5) : up(image(Number(start)));
    v = drawn(means);
    step = 0;
    energies = [energy(v)];
    show(start === NOISE ? v : means, []);
  }

  function go() {
    const chances = forward(v, W, c).map(logistic), h = drawn(chances), means = backward(h, W, b).map(logistic);
    v = drawn(means);
    step += 1;
    energies.push(energy(v));
    show(means, h, chances);
    return step < LONGEST;
  }

  const play = tools.animation({ label: "Play", step: go, interval: 1000 / 8 });
  const restart = () => {
    play.stop();
    begin();
  };
  root.append(
    make("p", { class: "note" }, "Play the chain. Each step draws the hidden units from the visible ones, then the visible "
      + "ones from the hidden."),
    make("div", { class: "controls" }, play,
      control.button({ label: "One step", onClick: go }),
      control.choice({ label: "Start", options: [[NOISE, "at noise"], ...labels.map((label, i) => [i, `at ${label}`])],
        value: NOISE, onChange(value) {
          start = value;
          restart();
        } }),
      control.slider({ label: "Steps a second", min: 1, max: 20, step: 1, value: 8, onInput(value) {
        play.interval = 1000 / value;
      } }),
      control.button({ label: "Start again", onClick() {
        seed += 1;
        restart();
      } })),
    make("div", { class: "tiles" }, picture, units), count, place);
  const chart = tools.chart(place, { series: [{ name: "", x: [0], y: [0] }], xLabel: "Gibbs step",
    yLabel: "free energy (nats)", empty: "Play it to see its free energy here." });
  begin();
  return { csv: () => [["step", "free energy"], ...energies.map((value, k) => [k, value])] };
});
