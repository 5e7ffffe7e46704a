// Layers of networks, for widgets that compute in the page. A matrix W has the shape (inputs, units).
const logistic = (a) => 1 / (1 + Math.exp(-a));
const softplus = (a) => (a > 0 ? a + Math.log1p(Math.exp(-a)) : Math.log1p(Math.exp(a)));

function softmax(logits) {
  const largest = Math.max(...logits), parts = logits.map((a) => Math.exp(a - largest));
  const sum = parts.reduce((a, b) => a + b);
  return parts.map((part) => part / sum);
}

// x W + b
function forward(x, W, b) {
  const [D, M] = W.shape, out = Array.from(b.values);
  for (let i = 0; i < D; i++) {
    if (x[i] === 0) continue;
    for (let j = 0; j < M; j++) out[j] += x[i] * W.values[i * M + j];
  }
  return out;
}

// W h + b; without b it takes a gradient back through the layer
function backward(h, W, b) {
  const [D, M] = W.shape, out = b ? Array.from(b.values) : new Array(D).fill(0);
  for (let i = 0; i < D; i++) {
    let sum = 0;
    for (let j = 0; j < M; j++) sum += W.values[i * M + j] * h[j];
    out[i] += sum;
  }
  return out;
}

// Uniform numbers in [0, 1) from a seed: the generator mulberry32.
function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// An image with its heading below, and a function that draws values into it.
function tile(heading, shape, options = {}) {
  const canvas = udl.tools.make("canvas", { role: "img", "aria-label": heading });
  const text = udl.tools.make("span", {}, heading);
  const element = udl.tools.make("div", { class: "tile" }, canvas, text);
  element.draw = (values, said = heading) => {
    udl.tools.image(canvas, values, shape, options);
    text.textContent = said;
    canvas.setAttribute("aria-label", said);
  };
  return element;
}

udl.network = { logistic, softplus, softmax, forward, backward, uniforms, tile };
