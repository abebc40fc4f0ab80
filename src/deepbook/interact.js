// Moves a pre-rendered figure: each `.db-explore` holds one picture, its controls, and its frames as JSON.
// No dependency; runs from disk. Loaded once per figure, so it only starts figures that are not yet started.
for (const root of document.querySelectorAll('.db-explore:not([data-ready])')) {
  root.dataset.ready = '1';
  const { controls, frames, alts } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const image = root.querySelector('img');
  const live = root.querySelector('[aria-live]');
  const inputs = [...root.querySelectorAll('input, select')];
  const position = (input) => (input.type === 'checkbox' ? Number(input.checked) : Number(input.value));

  const show = () => {
    let index = 0; // the last control changes fastest
    controls.forEach((control, i) => { index = index * control.labels.length + position(inputs[i]); });
    image.src = frames[index];
    image.alt = alts[index];
    controls.forEach((control, i) => {
      const text = control.labels[position(inputs[i])];
      const output = inputs[i].parentElement.querySelector('output');
      if (output) {
        output.textContent = text;
        inputs[i].setAttribute('aria-valuetext', text);
      }
    });
    return index;
  };
  const changed = () => {
    live.textContent = alts[show()]; // read aloud; a running figure is read when it stops
    const state = controls.map((control, i) => `${control.name}=${position(inputs[i])}`).join('&');
    history.replaceState(null, '', `#${root.id}?${state}`);
  };

  for (const input of inputs) {
    input.disabled = false;
    input.addEventListener('input', changed);
  }
  // Play buttons: run to the end and stop; who asked for less motion gets one step at a time.
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  for (const button of root.querySelectorAll('.db-play')) {
    const input = button.parentElement.querySelector('input');
    const name = button.getAttribute('aria-label').replace('Play ', '');
    let timer = 0;
    const say = (word) => {
      button.textContent = word;
      button.setAttribute('aria-label', `${word} ${name}`);
    };
    const stop = () => {
      clearInterval(timer);
      timer = 0;
      say(still ? 'Next' : 'Play');
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
      timer = setInterval(step, 700);
    });
    input.addEventListener('input', () => { if (timer) stop(); });
    button.disabled = false;
    say(still ? 'Next' : 'Play');
  }

  const [target, state] = location.hash.slice(1).split('?');
  if (target === root.id && state) {
    const wanted = new URLSearchParams(state); // never throws, whatever the link holds
    controls.forEach((control, i) => {
      const value = Number(wanted.get(control.name) ?? NaN);
      if (!(value >= 0 && value < control.labels.length)) return;
      if (inputs[i].type === 'checkbox') inputs[i].checked = value === 1;
      else inputs[i].value = String(value);
    });
    show();
    root.scrollIntoView();
  }
  root.querySelector('.db-note').remove();
}
