// Curves of costs or errors that can be zoomed.

udl.widget("curves", (root, { series, xLabel, yLabel, log }, tools) => {
  tools.chart(root, { series: series.map(({ name, x, y }) => ({ name, x: x.values, y: y.values })), xLabel, yLabel, log });
  return {
    csv: () => [["curve", xLabel || "x", yLabel || "y"], ...series.flatMap(({ name, x, y }) =>
      Array.from(x.values, (at, i) => [name, at, y.values[i]]))],
  };
});
