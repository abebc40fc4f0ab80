// One slide to a screen; arrow keys, Page Up and Page Down (a presenter's clicker) go through them, N shows notes.
const slides = [...document.querySelectorAll('.slide')];
const find = (id) => document.getElementById(id);
const fromHash = () => {
  const target = find(location.hash.slice(1).split('?')[0]); // a slide, or a figure with its state
  return Math.max(0, slides.indexOf(target?.closest('.slide')));
};
let at = fromHash();

const show = (index) => {
  at = Math.min(Math.max(index, 0), slides.length - 1);
  slides.forEach((slide, i) => { slide.hidden = i !== at; });
  find('count').textContent = `${at + 1} of ${slides.length}`;
  window.scrollTo(0, 0);
};
const go = (index) => {
  show(index);
  history.replaceState(null, '', `#slide-${at + 1}`);
};
const full = () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
};

const notes = () => {
  const shown = find('notes').getAttribute('aria-pressed') !== 'true';
  find('notes').setAttribute('aria-pressed', shown);
  document.querySelectorAll('.note').forEach((note) => { note.hidden = !shown; });
};

const keys = {
  ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), PageDown: () => go(at + 1), PageUp: () => go(at - 1),
  Home: () => go(0), End: () => go(slides.length - 1), f: full, n: notes,
};
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  const inControl = event.target.matches('input, select') && !event.key.startsWith('Page');
  if (inControl) return; // the keys move the figure; Escape gives them back
  event.preventDefault();
  keys[event.key]();
});
addEventListener('keydown', (event) => { if (event.key === 'Escape') document.activeElement.blur(); });
addEventListener('hashchange', () => show(fromHash()));

for (const [id, action] of [['previous', () => go(at - 1)], ['next', () => go(at + 1)], ['notes', notes], ['full', full]]) {
  find(id).hidden = false;
  find(id).addEventListener('click', action);
}
document.addEventListener('fullscreenchange', () => {
  find('full').textContent = document.fullscreenElement ? 'Leave full screen' : 'Full screen';
});
show(at);
