"use strict";
// Draws the charts of the owner's pages: a <figure data-chart="KIND"> whose first script holds what
// is drawn as JSON. The table in the figure shows the same, and is what remains without scripts.
(() => {
  const NARROW = 480; // px: fewer days are shown, so that each keeps a width one can see
  const NARROW_DAYS = 30;

  const colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const plotStyle = { color: "inherit", fontSize: "13px", background: "none", overflow: "visible" };

  // content: {days: [{day: "2026-03-06", returning: 20, new: 3}], current: "2026-03-06",
  //           kinds: ["returning", "new"], from the bottom of a bar to its top,
  //           labels: {returning: "had been here before", new: "new"}}
  // A third kind, first_seen, is there where the data begin.
  function daily(content, width) {
    const days = width <= NARROW ? content.days.slice(-NARROW_DAYS) : content.days;
    const dates = days.map((entry) => new Date(`${entry.day}T00:00:00Z`));
    const kinds = content.kinds ?? ["returning", "new"];
    const colours = { returning: "brand", new: "fresh", first_seen: "first" };
    const bars = days.flatMap((entry, index) =>
      kinds.map((kind) => ({
        date: dates[index],
        kind: content.labels[kind],
        people: entry[kind],
        isCurrent: entry.day === content.current,
      })),
    );
    const past = bars.filter((bar) => !bar.isCurrent);
    const current = bars.filter((bar) => bar.isCurrent);
    const channels = { x: "date", y: "people", insetLeft: 0.5, insetRight: 0.5 };
    const ticks =
      days.length > 45
        ? dates.filter((date) => date.getUTCDate() === 1)
        : dates.filter((date, index) => index % 7 === (days.length - 1) % 7);
    const chart = Plot.plot({
      width,
      height: width <= NARROW ? 190 : 230,
      marginLeft: 34,
      marginRight: 4,
      marginBottom: 28,
      style: plotStyle,
      x: {
        type: "band",
        ticks,
        tickSize: 0,
        label: null,
        tickFormat: d3.utcFormat(days.length > 45 ? "%B" : "%-d %b"),
      },
      y: { grid: true, ticks: 4, tickSize: 0, label: null },
      color: {
        domain: kinds.map((kind) => content.labels[kind]),
        range: kinds.map((kind) => colour(colours[kind])),
        legend: true,
      },
      marks: [
        Plot.barY(past, { ...channels, fill: "kind", rx: 1.5 }),
        Plot.barY(current, { ...channels, fill: "kind", fillOpacity: 0.35, stroke: "kind" }),
        Plot.barY(current, { ...channels, fill: "url(#hatching)" }),
        Plot.ruleY([0], { stroke: colour("line") }),
        Plot.tip(
          days,
          Plot.pointerX({
            x: (_, index) => dates[index],
            y: (entry) => d3.sum(kinds, (kind) => entry[kind]),
            fill: colour("card"),
            stroke: colour("line"),
            title: (entry) =>
              [
                d3.utcFormat("%A, %-d %B")(new Date(`${entry.day}T00:00:00Z`)),
                ...kinds.map((kind) => `${entry[kind]} ${content.labels[kind]}`),
              ].join("\n"),
          }),
        ),
      ],
    });
    addHatching(chart);
    return chart;
  }

  // Lines across the bars of the day that is not over.
  function addHatching(chart) {
    const svg = chart.tagName === "svg" ? chart : chart.querySelector(":scope > svg:last-of-type");
    const pattern = d3.select(svg).append("defs").append("pattern");
    pattern
      .attr("id", "hatching")
      .attr("width", 5)
      .attr("height", 5)
      .attr("patternUnits", "userSpaceOnUse")
      .attr("patternTransform", "rotate(45)");
    pattern.append("rect").attr("width", 2).attr("height", 5).attr("fill", colour("card"));
  }

  // content: {people: [{name: "Rui Santos", away: 23, usual: 6}]}, both in days
  function away(content, width) {
    const people = content.people;
    const longest = d3.max(people, (person) => Math.max(person.name.length)) || 0;
    const marginLeft = Math.min(8 + longest * 7.2, width * 0.4);
    const letters = Math.floor((marginLeft - 8) / 7.2);
    const shortened = (name) => (name.length > letters ? `${name.slice(0, letters - 1)}…` : name);
    return Plot.plot({
      width,
      height: 16 + people.length * 38,
      marginLeft,
      marginRight: 66,
      marginTop: 8,
      marginBottom: 8,
      style: plotStyle,
      x: { axis: null, domain: [0, d3.max(people, (person) => Math.max(person.away, person.usual))] },
      y: { label: null, tickSize: 0, domain: d3.range(people.length), tickFormat: (index) => shortened(people[index].name) },
      marks: [
        Plot.barX(people, {
          y: (_, index) => index, x: "away", fill: colour("soft"), stroke: colour("accent"),
          strokeWidth: 0.8, insetTop: 6, insetBottom: 6, rx: 3,
        }),
        Plot.tickX(people, {
          y: (_, index) => index, x: "usual", stroke: colour("accent"), strokeWidth: 2.5,
          insetTop: 3, insetBottom: 3,
        }),
        Plot.text(people, {
          y: (_, index) => index, x: (person) => Math.max(person.away, person.usual),
          text: (person) => `${person.away} ${person.away === 1 ? "day" : "days"}`,
          textAnchor: "start", dx: 6, fill: "currentColor",
        }),
      ],
    });
  }

  const KINDS = { daily, away };

  function draw(figure) {
    const drawing = figure.querySelector(".drawing");
    const width = Math.floor(drawing.clientWidth);
    const content = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    if (!width || !KINDS[figure.dataset.chart]) return;
    figure.dataset.width = width;
    const scope = figure.querySelector(".scope");
    const isShortened = width <= NARROW && (content.days || []).length > NARROW_DAYS;
    scope.textContent = isShortened ? `The last ${NARROW_DAYS} days are drawn.` : "";
    const chart = KINDS[figure.dataset.chart](content, width);
    chart.setAttribute("aria-hidden", "true"); // its label and its table are for those who listen
    drawing.replaceChildren(chart);
  }

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const figure = target.closest("figure");
      if (Math.floor(target.clientWidth) !== Number(figure.dataset.width)) draw(figure);
    }
  });

  function start(root) {
    for (const figure of root.querySelectorAll("figure[data-chart]")) {
      if (figure.dataset.width) continue;
      draw(figure);
      sizes.observe(figure.querySelector(".drawing"));
    }
  }

  function redrawAll() {
    document.querySelectorAll("figure[data-chart]").forEach(draw);
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
  document.addEventListener("htmx:after:swap", () => start(document));
  start(document);
})();
