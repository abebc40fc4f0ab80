// Moves pre-rendered figures: each `.db-figure` holds one picture, its controls, and its frames as JSON.
// No dependency; runs from disk. The site has it once a page, a notebook once a figure: it starts those not yet started.
for (const root of document.querySelectorAll('.db-figure:not([data-ready])')) {
  root.dataset.ready = '1';
  const record = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const { kind, controls, frames, alts } = record;
  const all = (selector) => [...root.querySelectorAll(selector)];
  const image = root.querySelector('img');
  const live = root.querySelector('[aria-live]');
  const inputs = all('input, select');
  const position = (input) => (input.type === 'checkbox' ? Number(input.checked) : Number(input.value));
  let committed = null; // the guess of a prediction

  const show = () => {
    let index = 0; // the last control changes fastest
    if (kind === 'predict') index = committed === null ? 0 : 1 + committed;
    else controls.forEach((control, i) => { index = index * control.labels.length + position(inputs[i]); });
    image.src = frames[index];
    image.alt = alts[index];
    inputs.forEach((input, i) => {
      const output = input.parentElement.querySelector('output');
      if (!output) return;
      output.textContent = controls[i].labels[position(input)];
      input.setAttribute('aria-valuetext', output.textContent);
    });
    for (const button of all('.db-move')) {
      const next = position(inputs[0]) + Number(button.value);
      // not `disabled`: that would take the focus away from under the reader's finger
      button.setAttribute('aria-disabled', String(next < 0 || next > Number(inputs[0].max)));
    }
    all('.db-stages > li').forEach((item, i) => { item.hidden = i !== index; });
    return index;
  };
  const changed = () => {
    const index = show();
    const stage = all('.db-stages > li')[index];
    const verdict = committed === null ? '' : record.verdicts[committed];
    live.textContent = [verdict, alts[index], stage?.textContent].filter(Boolean).join(' '); // read aloud
    if (kind === 'predict') return; // a link to a question does not hold its answer
    const state = controls.map((control, i) => `${control.name}=${position(inputs[i])}`).join('&');
    history.replaceState(null, '', `#${root.id}?${state}`);
  };

  for (const element of all('input, select, button')) element.disabled = false;
  for (const input of inputs) input.addEventListener('input', changed);

  // Play buttons: run to the end and stop; who asked for less motion gets one step at a time.
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  for (const button of all('.db-play')) {
    const input = kind === 'animate' ? inputs[0] : button.parentElement.querySelector('input');
    const name = button.getAttribute('aria-label').replace('Play ', '');
    const ready = still ? 'Next' : 'Play';
    let timer = 0;
    const say = (word) => {
      button.textContent = word;
      button.setAttribute('aria-label', `${word} ${name}`);
    };
    const stop = () => {
      clearInterval(timer);
      timer = 0;
      say(ready);
      changed();
    };
    const step = () => {
      input.value = String(Number(input.value) + 1);
      if (still || input.value === input.max) stop();
      else show();
    };
    button.addEventListener('click', () => {
      if (timer) return stop();
      if (input.value === input.max) {
        input.value = '0'; // from the start again
        show();
        if (still) return stop();
      } else if (still) return step();
      say('Pause');
      timer = setInterval(step, record.interval ?? 700);
    });
    input.addEventListener('input', () => { if (timer) stop(); });
    for (const move of all('.db-move')) move.addEventListener('click', () => { if (timer) stop(); });
    say(ready);
    if (still && kind === 'animate') button.hidden = true; // it has a button for the next step
  }
  for (const button of all('.db-move')) {
    button.addEventListener('click', () => {
      inputs[0].value = String(Number(inputs[0].value) + Number(button.value)); // the slider keeps it in range
      changed();
    });
  }

  // Predictions: nothing is told before the reader has committed.
  const told = root.querySelector('details > p'); // folded on a page without script
  const again = root.querySelector('.db-again');
  const settle = (guess) => {
    committed = guess;
    const open = guess !== null;
    root.querySelector('.db-verdict').textContent = open ? record.verdicts[guess] : '';
    told.hidden = !open;
    again.hidden = !open;
    for (const button of all('.db-commit')) {
      button.setAttribute('aria-pressed', String(open && (button.value === '' || Number(button.value) === guess)));
      button.setAttribute('aria-disabled', String(open));
    }
    for (const input of inputs) input.disabled = open;
  };
  if (kind === 'predict') {
    told.parentElement.replaceWith(told);
    told.querySelector('.db-answer').remove(); // the verdict says it
    for (const button of all('.db-commit')) {
      button.addEventListener('click', () => {
        if (committed !== null) return;
        settle(button.value === '' ? position(inputs[0]) : Number(button.value));
        changed();
      });
    }
    again.addEventListener('click', () => {
      settle(null);
      changed();
      (inputs[0] ?? root.querySelector('.db-commit')).focus();
    });
    settle(null);
  }

  const [target, state] = location.hash.slice(1).split('?');
  const linked = target === root.id && state && kind !== 'predict';
  if (linked) {
    const wanted = new URLSearchParams(state); // never throws, whatever the link holds
    controls.forEach((control, i) => {
      const value = Number(wanted.get(control.name) ?? NaN);
      if (!(value >= 0 && value < control.labels.length)) return;
      if (inputs[i].type === 'checkbox') inputs[i].checked = value === 1;
      else inputs[i].value = String(value);
    });
  }
  show();
  if (linked) root.scrollIntoView();
  root.querySelector('.db-note').remove();
}
