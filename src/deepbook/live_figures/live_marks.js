// Draws the marks of live figures onto a canvas.
{
  const MARKERS = [null, [-1, -1, 1, -1, 1, 1, -1, 1], [0, -1.2, 1.1, 0.9, -1.1, 0.9], [0, -1.3, 1.3, 0, 0, 1.3, -1.3, 0], [0, 1.2, 1.1, -0.9, -1.1, -0.9]];
  const near = (v) => Math.max(-1e5, Math.min(1e5, v)); // what lies far outside, or below a logarithmic axis
  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

  // One mark each: the canvas's context, the panel (with x and y to pixels, and pixels per point), the mark, its arrays.
  (globalThis.deepbook ??= {}).draw = {
    points(g, { x, y, point }, mark, { x: xs, y: ys, kind, shown }) {
      const r = (mark.size * point) / 2;
      g.strokeStyle = '#fff';
      g.lineWidth = 0.7 * point;
      for (let i = 0; i < xs.length; i++) {
        if (!shown[i]) continue;
        const a = x(xs[i]), b = y(ys[i]), corners = MARKERS[kind[i] % 7];
        g.fillStyle = mark.colours[kind[i] % mark.colours.length];
        g.beginPath();
        if (!corners) g.arc(a, b, r, 0, 7);
        else for (let k = 0; k < corners.length; k += 2) g.lineTo(a + 0.9 * r * corners[k], b + 0.9 * r * corners[k + 1]);
        g.closePath();
        g.fill();
        g.stroke();
      }
    },
    curve(g, { x, y, point }, mark, { x: xs, y: ys }) {
      g.beginPath();
      let drawn = false; // whether the point before is part of the line
      for (let i = 0; i < xs.length; i++) {
        const a = x(xs[i]), b = near(y(ys[i]));
        if (!Number.isFinite(a) || !Number.isFinite(ys[i]) || Number.isNaN(b)) { drawn = false; continue; }
        if (drawn) g.lineTo(a, b); else g.moveTo(a, b);
        drawn = true;
      }
      g.strokeStyle = mark.colour;
      g.lineWidth = mark.width * point;
      g.lineJoin = 'round';
      g.setLineDash(mark.dashed ? [3.7 * g.lineWidth, 1.6 * g.lineWidth] : []);
      g.stroke();
      g.setLineDash([]);
    },
    band(g, { x, y }, mark, { x: xs, low, high }) {
      g.beginPath();
      for (let i = 0; i < xs.length; i++) g.lineTo(x(xs[i]), near(y(low[i])));
      for (let i = xs.length - 1; i >= 0; i--) g.lineTo(x(xs[i]), near(y(high[i])));
      g.globalAlpha = 0.2;
      g.fillStyle = mark.colour;
      g.fill();
      g.globalAlpha = 1;
    },
    bars(g, { x, y }, mark, { x: xs, heights }) {
      g.fillStyle = mark.colour;
      for (let i = 0; i < xs.length; i++) {
        const left = x(xs[i] - mark.width / 2), right = x(xs[i] + mark.width / 2);
        g.fillRect(left, near(y(heights[i])), right - left, near(y(0)) - near(y(heights[i])));
      }
    },
    field(g, { x, y }, mark, { values }) {
      const [rows, columns] = mark.shape, [low, high] = mark.limits, [x0, x1, y0, y1] = mark.extent;
      mark.table ??= mark.colours.map(rgb);
      mark.canvas ??= Object.assign(document.createElement('canvas'), { width: columns, height: rows });
      const inner = mark.canvas.getContext('2d'), image = inner.createImageData(columns, rows), last = mark.table.length - 1;
      for (let i = 0; i < values.length; i++) {
        const part = Math.round((last * (values[i] - low)) / (high - low));
        const colour = mark.table[Math.max(0, Math.min(last, part || 0))];
        const at = 4 * ((rows - 1 - Math.floor(i / columns)) * columns + (i % columns));
        image.data[at] = colour[0];
        image.data[at + 1] = colour[1];
        image.data[at + 2] = colour[2];
        image.data[at + 3] = Number.isNaN(values[i]) ? 0 : 255;
      }
      inner.putImageData(image, 0, 0);
      g.drawImage(mark.canvas, x(x0), y(y1), x(x1) - x(x0), y(y0) - y(y1));
    },
    contour(g, { x, y, point }, mark, { values }) {
      const [rows, columns] = mark.shape, [x0, x1, y0, y1] = mark.extent, v = (r, c) => values[r * columns + c] - mark.level;
      const place = (r, c) => [x(x0 + ((x1 - x0) * c) / (columns - 1)), y(y0 + ((y1 - y0) * r) / (rows - 1))];
      g.beginPath();
      for (let r = 0; r < rows - 1; r++) {
        for (let c = 0; c < columns - 1; c++) {
          const corners = [[r, c], [r, c + 1], [r + 1, c + 1], [r + 1, c]], cuts = [];
          corners.forEach((a, i) => {
            const b = corners[(i + 1) % 4], p = v(...a), q = v(...b);
            if (p < 0 !== q < 0 && Number.isFinite(p - q)) cuts.push(place(a[0] + ((b[0] - a[0]) * p) / (p - q), a[1] + ((b[1] - a[1]) * p) / (p - q)));
          });
          for (let i = 0; i + 1 < cuts.length; i += 2) { g.moveTo(...cuts[i]); g.lineTo(...cuts[i + 1]); }
        }
      }
      g.strokeStyle = mark.colour;
      g.lineWidth = mark.width * point;
      g.stroke();
    },
  };
}
