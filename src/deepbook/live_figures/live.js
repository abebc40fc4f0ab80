// Runs live figures: each `.db-live` holds a picture, which a canvas replaces, its controls, a record and three programs:
// what begins, what steps, what draws. No dependency; runs from disk. Starts those figures not yet started.
{
  const ARRAYS = { f4: Float32Array, f8: Float64Array, i4: Int32Array, u4: Uint32Array, b1: Uint8Array };
  const unpack = ([kind, text]) => {
    const bytes = Uint8Array.from(atob(text.slice(text.indexOf(',') + 1)), (c) => c.charCodeAt(0));
    const array = new ARRAYS[kind](bytes.buffer);
    return kind === 'f4' ? Float64Array.from(array) : array;
  };
  const begin = (root) => {
    root.dataset.ready = '1';
    const record = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
    const constants = record.constants.map(unpack);
    const [start, step, view] = globalThis.deepbook.programs[root.id].map((make) => make(globalThis.deepbook.helpers, constants));
    const all = (selector) => [...root.querySelectorAll(selector)];
    const [image, told, spoken] = ['img', '.db-told', '[aria-live]'].map((s) => root.querySelector(s));
    const [run, one, reset, clear, kind] = ['run', 'step', 'reset', 'clear', 'kind'].map((s) => root.querySelector(`.db-${s}`));
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const frame = new Image();
    const canvas = document.createElement('canvas'), g = canvas.getContext('2d');
    canvas.setAttribute('role', 'img');
    canvas.className = 'db-canvas';
    let count = 0, playing = false, timer = 0, seen = true, fresher = false, owed = 0, cursor = null, held = -1;

    // Controls: their values are the last arguments of each program.
    const values = record.controls.map((c) => (c.placed ? Float64Array.from(c.placed.flat()) : new Float64Array([c.values[c.start]])));
    const dots = values[record.controls.findIndex((c) => c.placed)];
    const give = (program) => values.forEach((v, i) => program.ins[program.ins.length - values.length + i].set(v));
    const advance = (n) => {
      for (; n > 0 && count < record.steps; n--, count++) {
        step.run();
        for (let i = 0; i < step.outs.length; i++) step.ins[i].set(step.outs[i]);
      }
    };
    const restart = () => {
      count = owed = 0;
      give(start);
      start.run();
      start.outs.forEach((out, i) => step.ins[i].set(out));
    };

    const sentence = () => record.tell.replace(/\{(\w+)(?::\.(\d+)f)?\}/g, (_, name, digits) => {
      if (name === 'step') return String(count);
      const value = view.outs[record.told[name]][0];
      return Number.isFinite(value) ? (digits === undefined ? String(value) : value.toFixed(Number(digits))) : 'not a number';
    });
    const paint = () => {
      fresher = false;
      for (const program of [step, view]) give(program);
      start.outs.forEach((_, i) => view.ins[i].set(step.ins[i]));
      view.run();
      g.clearRect(0, 0, canvas.width, canvas.height);
      g.drawImage(frame, 0, 0);
      for (const panel of record.panels) {
        g.save();
        g.beginPath();
        g.rect(panel.left, panel.top, panel.wide, panel.high);
        g.clip();
        for (const mark of panel.marks) {
          globalThis.deepbook.draw[mark.kind](g, panel, mark, Object.fromEntries(Object.entries(mark.arrays).map(([name, i]) => [name, view.outs[i]])));
        }
        g.restore();
      }
      if (cursor && canvas.matches(':focus-visible')) { // where the keyboard would put a point
        const { x, y, point } = record.panels[0];
        g.strokeStyle = '#222';
        g.lineWidth = 1.5 * point;
        g.strokeRect(x(cursor[0]) - 6 * point, y(cursor[1]) - 6 * point, 12 * point, 12 * point);
      }
      told.textContent = sentence();
      if (!playing) canvas.setAttribute('aria-label', `${record.alt} ${told.textContent}`);
    };
    const say = (text) => { spoken.textContent = text ?? told.textContent; };

    // Running: a few steps for each picture, as many as fit into ten milliseconds; asleep while it is not seen.
    const tick = () => {
      timer = 0;
      owed += record.pace;
      const until = performance.now() + 10, before = count;
      while (owed >= 1 && performance.now() < until) { advance(1); owed -= 1; }
      owed = Math.min(owed, 1);
      if (count > before || fresher) paint();
      if (count >= record.steps) pause(); else wake();
    };
    const wake = () => { if (playing && seen && !timer) timer = requestAnimationFrame(tick); };
    const label = () => {
      const word = playing ? 'Pause' : record.verb;
      run.textContent = word;
      run.setAttribute('aria-label', word);
    };
    const pause = () => {
      if (!run) return;
      cancelAnimationFrame(timer);
      timer = 0;
      playing = false;
      label();
      canvas.setAttribute('aria-label', `${record.alt} ${told.textContent}`);
      say();
    };
    run?.addEventListener('click', () => {
      if (playing) return pause();
      if (count >= record.steps) { restart(); paint(); }
      if (still) { advance(Math.ceil(record.steps / 10)); paint(); return say(); } // less motion: a tenth at a time
      playing = true;
      label();
      wake();
    });
    one?.addEventListener('click', () => { pause(); advance(1); paint(); say(); });
    reset.addEventListener('click', () => {
      pause();
      record.controls.forEach((c, i) => { if (c.placed) values[i].set(c.placed.flat()); });
      restart();
      paint();
      say();
    });
    new IntersectionObserver((entries) => { seen = entries.at(-1).isIntersecting; wake(); }).observe(root);

    const changed = (control, quietly = false) => {
      if (control.restart) restart();
      fresher = true;
      if (!playing) { paint(); if (!quietly) say(); }
    };
    const inputs = all('input, select:not(.db-kind)');
    record.controls.filter((c) => !c.placed).forEach((control, i) => {
      const input = inputs[i], value = values[record.controls.indexOf(control)];
      input.addEventListener('input', () => {
        const at = input.type === 'checkbox' ? Number(input.checked) : Number(input.value);
        value[0] = control.values[at];
        const output = input.parentElement.querySelector('output');
        if (output) {
          output.textContent = control.labels[at];
          input.setAttribute('aria-valuetext', control.labels[at]);
        }
        changed(control);
      });
    });

    // Points that the reader puts: a click adds or takes away, a drag moves; arrows and Enter do it by keyboard.
    const place = () => {
      const control = record.controls.find((c) => c.placed), [panel] = record.panels;
      const free = () => { for (let i = 2; i < dots.length; i += 3) if (dots[i] < 0) return i - 2; return -1; };
      const near = ([a, b], within) => {
        let best = -1, least = within * panel.point;
        for (let i = 0; i < dots.length; i += 3) {
          const far = Math.hypot(panel.x(dots[i]) - panel.x(a), panel.y(dots[i + 1]) - panel.y(b));
          if (dots[i + 2] >= 0 && far <= least) { best = i; least = far; }
        }
        return best;
      };
      const name = ([a, b]) => `${a.toFixed(2)}, ${b.toFixed(2)}`;
      const put = (at) => {
        const i = dots.length === 3 ? 0 : free(); // a single point goes where the click is
        if (i < 0) return say(`There are already ${dots.length / 3} points.`);
        dots.set([...at, Number(kind?.value ?? 0)], i);
        changed(control);
        return say(`A point at ${name(at)}. ${told.textContent}`);
      };
      const take = (i) => { dots[i + 2] = -1; changed(control); say(`A point is gone. ${told.textContent}`); };
      const where = (event) => {
        const box = canvas.getBoundingClientRect(); // which may be wider than its picture, on a slide
        const scale = Math.min(box.width / canvas.width, box.height / canvas.height);
        const margin = [(box.width - scale * canvas.width) / 2, (box.height - scale * canvas.height) / 2];
        return panel.back((event.clientX - box.left - margin[0]) / scale, (event.clientY - box.top - margin[1]) / scale);
      };
      let moved = false, fresh = false, touched = null; // a finger puts its point when it is lifted: it may be scrolling
      const reach = () => Math.max(9, (14 * canvas.width) / canvas.getBoundingClientRect().width / panel.point);
      canvas.addEventListener('pointerdown', (event) => {
        const at = event.button === 0 && event.isPrimary ? where(event) : null;
        if (!at) return;
        held = near(at, event.pointerType === 'touch' ? reach() : 9);
        moved = false;
        fresh = held < 0;
        if (fresh && event.pointerType === 'touch') { touched = at; return; }
        if (fresh) { put(at); held = near(at, 1); }
        canvas.setPointerCapture(event.pointerId);
      });
      canvas.addEventListener('touchstart', (event) => { // a point that is held moves; elsewhere the page scrolls
        const at = where(event.touches[0]);
        if (at && near(at, reach()) >= 0) event.preventDefault();
      }, { passive: false });
      canvas.addEventListener('pointermove', (event) => {
        const at = held < 0 ? null : where(event);
        if (!at) return;
        if (Math.hypot(panel.x(at[0]) - panel.x(dots[held]), panel.y(at[1]) - panel.y(dots[held + 1])) > 2 * panel.point) moved = true;
        if (moved) { dots.set(at, held); changed(control, true); }
      });
      canvas.addEventListener('pointerup', () => {
        if (touched) put(touched);
        else if (held >= 0 && !moved && !fresh && clear) take(held);
        else if (moved) say();
        held = -1;
        touched = null;
      });
      canvas.addEventListener('pointercancel', () => { held = -1; touched = null; });
      clear?.addEventListener('click', () => { for (let i = 2; i < dots.length; i += 3) dots[i] = -1; changed(control); say(); });
      canvas.tabIndex = 0;
      canvas.style.touchAction = 'pan-y pinch-zoom';
      canvas.setAttribute('role', 'application');
      canvas.setAttribute('aria-roledescription', 'picture with points');
      const hint = root.querySelector('.db-hint');
      hint.id = `${root.id}-hint`;
      canvas.setAttribute('aria-describedby', hint.id);
      const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      const middle = (ends) => (ends[0] + ends[1]) / 2;
      canvas.addEventListener('focus', () => { cursor ??= [middle(panel.xlim), middle(panel.ylim)]; paint(); });
      canvas.addEventListener('blur', paint);
      canvas.addEventListener('keydown', (event) => {
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        const by = MOVES[event.key];
        if (by) {
          const ends = [panel.xlim, panel.ylim];
          cursor = cursor.map((c, i) => Math.max(ends[i][0], Math.min(ends[i][1], c + (by[i] * (ends[i][1] - ends[i][0])) / 20)));
          paint();
          say(name(cursor));
        } else if (event.key === 'Enter' || event.key === ' ') put(cursor);
        else if (clear && (event.key === 'Delete' || event.key === 'Backspace')) { const i = near(cursor, 20); if (i >= 0) take(i); }
        else return;
        event.preventDefault();
        event.stopPropagation(); // on a slide the arrows would turn the page
      });
    };

    frame.onload = () => {
      [canvas.width, canvas.height] = [frame.width, frame.height];
      for (const panel of record.panels) {
        const [l, t, r, b] = panel.box.map((v, i) => v * (i % 2 ? frame.height : frame.width));
        const scale = (ends, log) => (log ? [Math.log10, (v) => 10 ** v] : [(v) => v, (v) => v]).concat([ends]);
        const [xs, xback, xlim] = scale(panel.xlim, panel.xlog), [ys, yback, ylim] = scale(panel.ylim, panel.ylog);
        const line = (f, [a, c], p, q) => (v) => p + ((f(v) - f(a)) / (f(c) - f(a))) * (q - p);
        const inverse = (f, back, [a, c], p, q) => (v) => back(f(a) + ((v - p) / (q - p)) * (f(c) - f(a)));
        const [backx, backy] = [inverse(xs, xback, xlim, l, r), inverse(ys, yback, ylim, b, t)];
        Object.assign(panel, {
          left: l, top: t, wide: r - l, high: b - t, point: 160 / 72, x: line(xs, xlim, l, r), y: line(ys, ylim, b, t),
          back: (p, q) => (p < l || p > r || q < t || q > b ? null : [backx(p), backy(q)]),
        });
      }
      restart();
      paint(); // if this fails, the picture stays
      image.replaceWith(canvas);
      if (dots) place();
      for (const element of all('input, select, button')) element.disabled = false;
      root.querySelector('.db-note').remove();
      if (run) label();
      root.live = { advance, restart, paint, view, record, values, unpack }; // for tests
    };
    for (const input of all('input, select')) input.autocomplete = 'off'; // each run begins with the stored settings
    frame.src = record.frame;
  };
  for (const root of document.querySelectorAll('.db-live:not([data-ready])')) {
    try { begin(root); } catch (error) { console.error(error); } // the next figure begins all the same
  }
}
