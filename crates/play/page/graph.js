// Places for the boxes of a graph in columns, and the curves between them.

export const BOX = { width: 168, height: 62, gapX: 100, gapY: 18 };

// The column of each node: one more than that of its last input; what is given stands just before its first use.
const columns = (nodes) => {
  const column = nodes.map(() => 0);
  for (const { node, inputs } of nodes) for (const i of inputs) column[node] = Math.max(column[node], column[i] + 1);
  const first = nodes.map(() => Infinity);
  for (const { node, inputs } of nodes) for (const i of inputs) first[i] = Math.min(first[i], column[node]);
  for (const { node, inputs } of nodes) if (!inputs.length && Number.isFinite(first[node])) column[node] = first[node] - 1;
  return column;
};

// Places by node, and the size of the whole. Nodes of a column are put near the mean of their neighbours.
export const layout = (nodes) => {
  const column = columns(nodes);
  const list = [];
  nodes.forEach(({ node }) => (list[column[node]] ??= []).push(node));
  const users = nodes.map(() => []);
  for (const { node, inputs } of nodes) for (const i of inputs) users[i].push(node);
  const row = [];
  const place = () => list.forEach((column) => column.forEach((node, i) => (row[node] = i - (column.length - 1) / 2)));
  place();
  for (let round = 0; round < 8; round += 1) {
    const near = round % 2 ? (node) => users[node] : (node) => nodes[node].inputs;
    const mean = (node) => {
      const around = near(node);
      return around.length ? around.reduce((sum, other) => sum + row[other], 0) / around.length : row[node];
    };
    for (const column of list) {
      const key = new Map(column.map((node) => [node, mean(node)]));
      column.sort((a, b) => key.get(a) - key.get(b));
    }
    place();
  }
  const tallest = Math.max(...list.map((column) => column.length));
  const [width, height] = [BOX.width + BOX.gapX, BOX.height + BOX.gapY];
  const at = nodes.map(({ node }) => ({
    x: 12 + column[node] * width,
    y: BOX.gapY + (row[node] + (tallest - 1) / 2) * height,
  }));
  return { at, width: list.length * width - 12, height: BOX.gapY + tallest * height };
};

// The curve from one box to the input with a number of another, and its middle.
export const wire = (from, to, input, inputs) => {
  const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2];
  const [x2, y2] = [to.x, to.y + (BOX.height * (input + 1)) / (inputs + 1)];
  const bend = Math.max(20, (x2 - x1) / 2);
  const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  return { path, label: { x: x2 - 6, y: y2 - 4 } };
};
