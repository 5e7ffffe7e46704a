// Curves of costs, errors or shares that can be zoomed, in one panel or more.

udl.widget("curves", (root, { panels }, tools) => {
  for (const { series, ...labels } of panels) {
    const plain = series.map((one) => ({ ...one, x: one.x.values, y: one.y.values }));
    const place = tools.make("div");
    root.append(place);
    tools.chart(place, { series: plain, ...labels });
  }
  return {
    csv: () => [["panel", "curve", "x", "y"], ...panels.flatMap(({ xLabel, yLabel, series }) =>
      series.flatMap(({ name, x, y }) =>
        Array.from(x.values, (at, i) => [`${yLabel} against ${xLabel}`, name, at, y.values[i]])))],
  };
});
