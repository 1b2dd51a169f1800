"use strict";
// Draws the steps of a rule: a <figure data-diagram> whose script holds nodes and edges as JSON.
// The list in the figure shows the same, and is what remains without scripts. Where there is room,
// d3-dag lays the graph out in layers; on a phone, one step stands below the other, with lanes.
(() => {
  const NARROW = 560; // px
  const CARD_WIDTH = 230;
  const PADDING = 10;
  const LINE = 17;
  const LANE = 14;
  const GAP = 34;

  const svgElement = (name, attributes = {}, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, content] of Object.entries(attributes)) element.setAttribute(key, content);
    if (text) element.textContent = text;
    return element;
  };

  const ruler = document.createElement("canvas").getContext("2d");
  const FONTS = { title: "600 14px system-ui", detail: "12.5px system-ui", figure: "12.5px system-ui" };

  // The words of a text in lines that fit; a word that is too long is cut into pieces.
  function wrap(text, kind, width) {
    ruler.font = FONTS[kind];
    const fits = (line) => ruler.measureText(line).width <= width;
    const lines = [];
    let line = "";
    for (let word of text.split(/\s+/)) {
      const longer = line ? `${line} ${word}` : word;
      if (fits(longer)) {
        line = longer;
        continue;
      }
      if (line) lines.push(line);
      while (!fits(word)) {
        let letters = word.length - 1;
        while (letters > 1 && !fits(word.slice(0, letters))) letters -= 1;
        lines.push(word.slice(0, letters));
        word = word.slice(letters);
      }
      line = word;
    }
    return line ? [...lines, line] : lines;
  }

  // The lines of a node's card, and its height.
  function measure(node, width) {
    const inner = width - 2 * PADDING;
    const lines = [
      ...wrap(node.title, "title", inner).map((text) => ({ kind: "title", text })),
      ...(node.detail ? wrap(node.detail, "detail", inner).map((text) => ({ kind: "detail", text })) : []),
      ...node.figures.flatMap((figure) =>
        wrap(`${figure.number.toLocaleString("en")} ${figure.word}`, "figure", inner).map((text) => ({
          kind: "figure",
          text,
          path: figure.number ? figure.path : "",
        })),
      ),
    ];
    return { ...node, lines, width, height: lines.length * LINE + 2 * PADDING - 3 };
  }

  // The card of a node with its top left corner at x, y. Each number is a link to its people.
  function drawCard(node, x, y) {
    const group = svgElement("g", { class: node.kind, transform: `translate(${x},${y})` });
    group.append(
      svgElement("rect", { class: "card", width: node.width, height: node.height, rx: node.kind === "end" ? 18 : 8 }),
    );
    node.lines.forEach((line, index) => {
      const zero = line.kind === "figure" && !line.path ? " zero" : "";
      const place = { class: line.kind + zero, x: PADDING, y: PADDING + 11 + index * LINE };
      const text = svgElement("text", place, line.text);
      if (!line.path) {
        group.append(text);
        return;
      }
      const link = svgElement("a", { href: line.path, "aria-label": `${line.text}: ${node.title}` });
      link.append(text);
      group.append(link);
    });
    return group;
  }

  function drawEdge(path, label, at) {
    const group = svgElement("g");
    group.append(svgElement("path", { class: "edge", d: path, "marker-end": "url(#diagram-arrow)" }));
    if (label) group.append(svgElement("text", { class: "answer", x: at[0], y: at[1] }, label));
    return group;
  }

  function newDrawing(width, height) {
    const svg = svgElement("svg", {
      width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "The steps as a drawing",
    });
    const marker = svgElement("marker", {
      id: "diagram-arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto",
    });
    marker.append(svgElement("path", { class: "arrow", d: "M0,0 L8,4 L0,8 Z" }));
    const definitions = svgElement("defs");
    definitions.append(marker);
    svg.append(definitions);
    return svg;
  }

  // A graph of d3-dag. Two edges between the same nodes (an `if` of which no side does anything
  // else) are one, with both answers.
  function buildGraph(content) {
    const answers = new Map();
    for (const [source, target, label] of content.edges) {
      const key = `${source}\n${target}`;
      answers.set(key, answers.has(key) ? [...answers.get(key), label] : [label]);
    }
    const edges = [...answers].map(([key, labels]) => [...key.split("\n"), labels.join(" or ")]);
    const connect = d3.graphConnect().sourceId(([source]) => source).targetId(([, target]) => target);
    return connect(edges);
  }

  function drawLayers(content) {
    const nodes = new Map(content.nodes.map((node) => [node.id, measure(node, CARD_WIDTH)]));
    const graph = buildGraph(content);
    const layout = d3
      .sugiyama()
      .nodeSize((node) => [CARD_WIDTH, nodes.get(node.data).height])
      .gap([28, GAP])
      .coord(d3.coordGreedy());
    const size = layout(graph);
    const apart = unconnected(content, nodes);
    const height = size.height + 4 + apart.reduce((sum, node) => sum + node.height + 14, 0);
    const svg = newDrawing(Math.max(size.width, CARD_WIDTH) + 4, height + 4);
    for (const link of graph.links()) {
      const [source, target] = [nodes.get(link.source.data), nodes.get(link.target.data)];
      const points = link.points.map(([x, y]) => [x + 2, y + 2]);
      points[0] = [link.source.x + 2, link.source.y + source.height / 2 + 2];
      points[points.length - 1] = [link.target.x + 2, link.target.y - target.height / 2 + 1];
      const line = d3.line().curve(d3.curveMonotoneY)(points);
      const second = points[1];
      const at = [points[0][0] + (second[0] - points[0][0]) * 0.35 + 6, points[0][1] + GAP * 0.5];
      svg.append(drawEdge(line, link.data[2], at));
    }
    for (const node of graph.nodes()) {
      const card = nodes.get(node.data);
      svg.append(drawCard(card, node.x - CARD_WIDTH / 2 + 2, node.y - card.height / 2 + 2));
    }
    let y = size.height + 18;
    for (const node of apart) {
      svg.append(drawCard(node, 2, y));
      y += node.height + 14;
    }
    return svg;
  }

  // Steps that are no longer in the file: nothing leads to them.
  function unconnected(content, nodes) {
    const connected = new Set(content.edges.flatMap(([source, target]) => [source, target]));
    return content.nodes.filter((node) => !connected.has(node.id)).map((node) => nodes.get(node.id));
  }

  // One card below the other in the order of the file. An edge to the next card is an arrow between
  // the two; one that skips cards runs in a lane beside them.
  function drawColumn(content, width) {
    const index = new Map(content.nodes.map((node, number) => [node.id, number]));
    const jumps = content.edges.filter(([source, target]) => index.get(target) - index.get(source) > 1);
    const lanes = assignLanes(jumps, index);
    const margin = lanes.count ? lanes.count * LANE + 8 : 2;
    const cards = content.nodes.map((node) => measure(node, width - margin - 4));
    const tops = [];
    let y = 2;
    for (const card of cards) {
      tops.push(y);
      y += card.height + 26;
    }
    const svg = newDrawing(width, y);
    const left = margin;
    for (const [source, target, label] of content.edges) {
      const [from, to] = [index.get(source), index.get(target)];
      const below = tops[from] + cards[from].height;
      if (to - from === 1) {
        const x = left + 22;
        svg.append(drawEdge(`M${x},${below} V${tops[to] - 1}`, label, [x + 8, below + 17]));
        continue;
      }
      const x = left - 6 - (lanes.of.get(`${source}\n${target}`) + 1) * LANE + 6;
      const start = below - 12;
      const end = tops[to] + 12;
      const path = `M${left},${start} H${x + 5} Q${x},${start} ${x},${start + 5} V${end - 5} Q${x},${end} ${x + 5},${end} H${left - 1}`;
      svg.append(drawEdge(path, "", [0, 0]));
      if (label) svg.append(svgElement("text", { class: "answer", x: x + 3, y: start + 19 }, label));
    }
    cards.forEach((card, number) => svg.append(drawCard(card, left, tops[number])));
    return svg;
  }

  // Gives each edge the first lane in which no other edge runs beside the same cards.
  function assignLanes(jumps, index) {
    const taken = [];
    const of = new Map();
    for (const [source, target] of jumps) {
      const [from, to] = [index.get(source), index.get(target)];
      let lane = taken.findIndex((spans) => spans.every(([a, b]) => to <= a || from >= b));
      if (lane < 0) lane = taken.push([]) - 1;
      taken[lane].push([from, to]);
      of.set(`${source}\n${target}`, lane);
    }
    return { of, count: taken.length };
  }

  function draw(figure) {
    const drawing = figure.querySelector(".drawing");
    const width = Math.floor(drawing.clientWidth);
    if (!width) return;
    figure.dataset.width = width;
    const content = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    let svg = null;
    if (width >= NARROW) svg = drawLayers(content);
    if (!svg || Number(svg.getAttribute("width")) > width) svg = drawColumn(content, Math.min(width, 420));
    drawing.replaceChildren(svg);
  }

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const figure = target.closest("figure");
      if (Math.floor(target.clientWidth) !== Number(figure.dataset.width)) draw(figure);
    }
  });

  function start(root) {
    for (const figure of root.querySelectorAll("figure[data-diagram]")) {
      if (figure.dataset.width) continue;
      figure.querySelector("details").open = false;
      draw(figure);
      sizes.observe(figure.querySelector(".drawing"));
    }
  }

  document.addEventListener("htmx:after:swap", () => start(document));
  start(document);
})();
