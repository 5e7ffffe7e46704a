// Maps of points: images at the pointer, colours by label, and a slider over the iterations.

const STEPS = 65535, RIM = 14, NEAR = 16; // of a coordinate; pixels
const SHAPES = [
  (context, x, y, r) => context.arc(x, y, r, 0, 2 * Math.PI),
  (context, x, y, r) => context.rect(x - r, y - r, 2 * r, 2 * r),
  (context, x, y, r) => {
    context.moveTo(x, y - 1.3 * r);
    context.lineTo(x + 1.2 * r, y + r);
    context.lineTo(x - 1.2 * r, y + r);
    context.closePath();
  },
];

udl.widget("maps", (root, { maps, labels, names, noun, sprite, columns, size }, tools) => {
  const { make, control } = tools;
  const N = maps[0].points.shape[1];
  const label = (i) => (labels ? names[labels.values[i]] : null);
  let map = maps[0], frame = 0, colour = labels ? "all" : "none", chosen = null, side = 0;

  const canvas = make("canvas", { class: "map", tabindex: 0, role: "img" });
  const picture = make("canvas", { class: "shown", "aria-hidden": "true" });
  const note = make("p", { class: "note", role: "status" });
  const wall = new Image();
  if (sprite) wall.src = sprite;

  const place = (i) => {
    const at = 2 * (frame * N + i), inner = side - 2 * RIM;
    return [RIM + (map.points.values[at] / STEPS) * inner, RIM + (1 - map.points.values[at + 1] / STEPS) * inner];
  };

  function medians(context) {
    const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
    names.forEach((name, number) => {
      const points = Array.from(labels.values.keys()).filter((i) => labels.values[i] === number).map(place);
      if (!points.length || (colour !== "all" && colour !== String(number))) return;
      const [at, y] = [0, 1].map((axis) => middle(points.map((point) => point[axis])));
      context.font = "bold 13px system-ui, sans-serif";
      const width = context.measureText(name).width + 10;
      const x = Math.min(Math.max(at, width / 2 + 2), side - width / 2 - 2);
      context.fillStyle = getComputedStyle(root).backgroundColor;
      context.strokeStyle = tools.colors[number % 10];
      context.lineWidth = 1.5;
      context.beginPath();
      context.roundRect(x - width / 2, y - 10, width, 20, 8);
      context.fill();
      context.stroke();
      context.fillStyle = getComputedStyle(root).color;
      context.fillText(name, x, y);
    });
  }

  function draw() {
    side = Math.max(200, Math.min(canvas.parentElement.clientWidth, 560));
    const scale = devicePixelRatio || 1, context = canvas.getContext("2d");
    canvas.width = canvas.height = side * scale;
    canvas.style.width = canvas.style.height = `${side}px`;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.textAlign = "center";
    context.textBaseline = "middle";
    const grey = getComputedStyle(root).getPropertyValue("--soft"), radius = N > 600 ? 2.4 : 3.4;
    for (const front of [false, true]) { // the chosen label above the others
      for (let i = 0; i < N; i++) {
        const number = labels ? labels.values[i] : 0;
        const coloured = colour === "all" || colour === String(number);
        if (coloured !== front) continue;
        context.globalAlpha = coloured || colour === "none" ? 1 : 0.35;
        context.fillStyle = coloured ? tools.colors[number % 10] : grey;
        context.beginPath();
        SHAPES[Math.floor(number / 10) % SHAPES.length](context, ...place(i), radius);
        context.fill();
      }
    }
    context.globalAlpha = 1;
    if (labels && colour !== "none") medians(context);
    if (chosen !== null) {
      context.strokeStyle = getComputedStyle(root).color;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(...place(chosen), 8, 0, 2 * Math.PI);
      context.stroke();
    }
    const when = map.iterations.values.length > 1 ? `, iteration ${map.iterations.values[frame]}` : "";
    canvas.setAttribute("aria-label", `${map.name || "Map"}${when}: ${N} points. Arrow keys go from point to point.`);
  }

  function show(i) {
    chosen = i;
    draw();
    if (i === null) return;
    const [x, y] = place(i), named = label(i) === null ? "" : `: ${label(i)}`;
    note.textContent = `${noun[0].toUpperCase()}${noun.slice(1)} ${i + 1} of ${N}${named}`;
    if (!sprite) return;
    const [height, width] = size;
    picture.width = width;
    picture.height = height;
    picture.hidden = false;
    picture.getContext("2d").drawImage(wall, (i % columns) * width, Math.floor(i / columns) * height, width, height, 0, 0, width, height);
    picture.style.left = `${x < side / 2 ? x + 18 : x - 18 - picture.offsetWidth}px`;
    picture.style.top = `${Math.max(0, Math.min(y - picture.offsetHeight / 2, side - picture.offsetHeight))}px`;
  }

  function nearest(x, y) {
    let best = null, least = NEAR ** 2;
    for (let i = 0; i < N; i++) {
      const [px, py] = place(i), distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  // The nearest point in a direction; sideways counts twice.
  function towards(dx, dy) {
    const [x, y] = place(chosen);
    let best = chosen, least = Infinity;
    for (let i = 0; i < N; i++) {
      const [px, py] = place(i);
      const along = (px - x) * dx + (py - y) * dy, aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
      if (along > 0.5 && along + 2 * aside < least) [best, least] = [i, along + 2 * aside];
    }
    return best;
  }

  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const found = nearest(event.clientX - box.left, event.clientY - box.top);
    if (found !== null && found !== chosen) show(found);
  };
  canvas.addEventListener("pointermove", point);
  canvas.addEventListener("pointerdown", point);
  canvas.addEventListener("focus", () => { if (chosen === null) show(0); });
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    show(chosen === null ? 0 : towards(...way));
  });

  const times = make("div", { class: "controls" });
  function choose(number) {
    map = maps[number];
    const last = map.iterations.values.length - 1;
    frame = last;
    times.replaceChildren();
    if (last > 0) {
      const go = (next) => {
        frame = next;
        slider.set(frame);
        show(chosen);
      };
      const slider = control.slider({ label: "Iteration", min: 0, max: last, step: 1, value: last,
        format: (k) => String(map.iterations.values[k]), onInput(k) {
          play.stop();
          go(k);
        } });
      const play = tools.animation({ label: "Play", step() {
        go(frame === last ? 0 : frame + 1);
        return frame < last;
      } });
      times.append(slider, play);
    }
    show(chosen);
  }

  const controls = make("div", { class: "controls" });
  if (maps.length > 1) {
    controls.append(control.choice({ label: "Map", options: maps.map(({ name }, number) => [number, name]), value: 0,
      onChange: (number) => choose(Number(number)) }));
  }
  if (labels) {
    controls.append(control.choice({ label: "Colour", value: "all",
      options: [["all", "by label"], ["none", "no labels"], ...names.map((name, number) => [number, `only ${name}`])],
      onChange(value) {
        colour = value;
        draw();
      } }));
  }
  const thing = sprite ? noun : "point";
  note.textContent = `Point at ${/^[aeiou]/.test(thing) ? "an" : "a"} ${thing}, touch it, or use the arrow keys.`;
  picture.hidden = true;
  root.append(controls, make("div", { class: "stage" }, canvas, picture), note, times);
  choose(0);
  tools.themed(draw);
  addEventListener("resize", () => show(chosen));

  return {
    csv: () => [["map", "iteration", "point", "label", "x", "y"], ...maps.flatMap(({ name, iterations, points, views }) => {
      const last = iterations.values.length - 1;
      const [cx, cy, half] = views.values.slice(3 * last);
      const real = (value, centre) => Number((centre + (value / STEPS * 2 - 1) * half).toPrecision(6));
      return Array.from({ length: N }, (_, i) => {
        const at = 2 * (last * N + i);
        return [name, iterations.values[last], i + 1, label(i) ?? "", real(points.values[at], cx), real(points.values[at + 1], cy)];
      });
    })],
  };
});
