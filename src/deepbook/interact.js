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
    live.textContent = alts[show()];
    const state = controls.map((control, i) => `${control.name}=${position(inputs[i])}`).join('&');
    history.replaceState(null, '', `#${root.id}?${state}`);
  };

  for (const input of inputs) {
    input.disabled = false;
    input.addEventListener('input', changed);
  }
  const [target, state] = decodeURIComponent(location.hash.slice(1)).split('?');
  if (target === root.id && state) {
    const wanted = new Map(state.split('&').map((pair) => pair.split('=')));
    controls.forEach((control, i) => {
      const value = Number(wanted.get(control.name));
      if (!(value >= 0 && value < control.labels.length)) return;
      if (inputs[i].type === 'checkbox') inputs[i].checked = value === 1;
      else inputs[i].value = String(value);
    });
    show();
    root.scrollIntoView();
  }
  root.querySelector('.db-note').remove();
}
