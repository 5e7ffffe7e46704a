// A search of all numbers of the report.

const { make, control, csv, download } = udl.tools;
const MOST = 100; // rows shown

// List each number or word of nested results as [chapter, path, value].
function flattened(value, chapter, path = []) {
  if (value === null || typeof value !== "object") return [[chapter, path.join(" › "), value]];
  return Object.entries(value).flatMap(([name, item]) =>
    flattened(item, chapter, [...path, Array.isArray(value) ? String(Number(name) + 1) : name]));
}

addEventListener("load", () => {
  const { chapters } = udl.source("data-results");
  const rows = Object.entries(chapters).flatMap(([chapter, results]) => flattened(results, chapter));
  const texts = rows.map((row) => row.join(" ").toLowerCase());
  const found = make("p", { class: "note", role: "status" }), table = make("table");
  const box = make("input", { type: "search", "aria-label": "Search the numbers",
    placeholder: "for example: error pretrained" });
  const shown = () => {
    const words = box.value.toLowerCase().split(/\s+/);
    return rows.filter((_, i) => words.every((word) => texts[i].includes(word)));
  };
  function search() {
    const hits = shown();
    found.textContent = `${hits.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} numbers`
      + (hits.length > MOST ? `, the first ${MOST} shown` : "");
    table.replaceChildren(
      make("tr", {}, ...["number", "value", "chapter"].map((text) => make("th", { scope: "col" }, text))),
      ...hits.slice(0, MOST).map(([chapter, path, value]) => make("tr", {},
        make("td", {}, path), make("td", {}, String(value)),
        make("td", {}, make("a", { href: `#chapter${chapter}` }, `Chapter ${chapter}`)))));
  }
  box.addEventListener("input", search);
  document.querySelector(".search").append(
    make("label", {}, "Search the numbers", box), found, make("div", { class: "wide numbers", tabindex: 0 }, table),
    make("p", { class: "data" },
      control.button({ label: "Numbers found (CSV)",
        onClick: () => download("numbers.csv", csv([["chapter", "number", "value"], ...shown()])) }), " ",
      control.button({ label: "All numbers (JSON)",
        onClick: () => download("results.json", JSON.stringify(udl.source("data-results"), null, 2)) })));
  search();
});
