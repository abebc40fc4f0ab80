// What the programs of live figures call: functions that JavaScript lacks.
{
  const float32 = new Float32Array(1);
  const uint32 = new Uint32Array(float32.buffer);
  const rotate = (x, by) => (x << by) | (x >>> (32 - by));
  const TURNS = [13, 15, 26, 6, 17, 29, 16, 24];
  const helpers = {
    square: (x) => x * x,
    power: (x, n) => { let y = 1; for (; n > 0; n--) y = Math.imul(y, x); return y; },
    whole: (x, low, high) => (x === x ? Math.trunc(Math.max(low, Math.min(high, x))) : 0),
    tanh: (x) => (Math.abs(x) < 0.1 ? Math.tanh(x) : 1 - 2 / (Math.exp(2 * x) + 1)), // three times as fast away from zero
    away: (x) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5),
    even: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
    left: (x, by) => (by < 32 ? x << by : 0),
    right: (x, by) => (by < 32 ? x >>> by : 0),
    float: (bits) => { uint32[0] = bits; return float32[0]; },

    // erf(x) = 2 / sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!, a sum of terms of one sign
    erf: (x) => {
      if (!(Math.abs(x) < 6)) return x !== x ? x : Math.sign(x);
      let term = x, sum = x;
      for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) { term *= (2 * x * x) / (2 * n + 1); sum += term; }
      return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
    },
    // Winitzki's approximation, then Halley's steps for erf(y) = x
    erfinv: (x) => {
      if (!(Math.abs(x) < 1)) return Math.abs(x) === 1 ? x * Infinity : NaN;
      const l = Math.log1p(-x * x), a = 0.147, b = 2 / (Math.PI * a) + l / 2;
      let y = Math.sign(x) * Math.sqrt(Math.sqrt(b * b - l / a) - b);
      for (let n = 0; n < 3; n++) {
        const u = ((helpers.erf(y) - x) * Math.sqrt(Math.PI) * Math.exp(y * y)) / 2;
        y -= u / (1 + y * u);
      }
      return y;
    },

    // Threefry-2x32 with 20 rounds (Salmon et al. 2011): the key (k, l) and the counter (x, y) give two numbers
    pair: new Uint32Array(2),
    threefry: (k, l, x, y) => {
      const keys = [k, l, k ^ l ^ 0x1bd11bda];
      x = (x + k) | 0;
      y = (y + l) | 0;
      for (let round = 0; round < 20; round++) {
        x = (x + y) | 0;
        y = rotate(y, TURNS[round % 8]) ^ x;
        if (round % 4 < 3) continue;
        const n = (round + 1) / 4;
        x = (x + keys[n % 3]) | 0;
        y = (y + keys[(n + 1) % 3] + n) | 0;
      }
      helpers.pair[0] = x;
      helpers.pair[1] = y;
    },

    // l l^T = a, for the matrix of n rows that begins at a place
    cholesky: (a, l, at, n) => {
      l.fill(0, at, at + n * n);
      for (let j = 0; j < n; j++) {
        for (let i = j; i < n; i++) {
          let s = a[at + i * n + j];
          for (let k = 0; k < j; k++) s -= l[at + i * n + k] * l[at + j * n + k];
          l[at + i * n + j] = i === j ? Math.sqrt(s) : s / l[at + j * n + j];
        }
      }
    },
    // a x = b for a triangular a of n rows (or its transpose) and m right sides
    triangular: (a, b, x, n, m, lower, transposed, unit) => {
      x.set(b);
      const forward = lower !== transposed;
      for (let q = 0; q < n; q++) {
        const i = forward ? q : n - 1 - q;
        for (let c = 0; c < m; c++) {
          let s = x[i * m + c];
          for (let p = 0; p < q; p++) {
            const k = forward ? p : n - 1 - p;
            s -= a[transposed ? k * n + i : i * n + k] * x[k * m + c];
          }
          x[i * m + c] = unit ? s : s / a[i * n + i];
        }
      }
    },
  };
  (globalThis.deepbook ??= {}).helpers = helpers;
}
