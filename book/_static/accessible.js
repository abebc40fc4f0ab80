// Small repairs of the theme: what a screen reader says fits what is seen, and nothing is out of its reach.
if (location.protocol === 'file:' && typeof DOCUMENTATION_OPTIONS !== 'undefined') {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false; // a page opened from disk may not fetch its neighbours
}
document.addEventListener('DOMContentLoaded', () => {
  // a label must contain the words that are seen
  for (const button of document.querySelectorAll('button[aria-label], a[aria-label]')) {
    const seen = button.innerText.trim();
    if (seen && !button.getAttribute('aria-label').toLowerCase().includes(seen.toLowerCase())) {
      button.removeAttribute('aria-label');
    }
  }
  // the logo belongs to a landmark
  const logo = document.querySelector('.navbar-brand.logo')?.parentElement;
  logo?.setAttribute('role', 'navigation');
  logo?.setAttribute('aria-label', 'Home');
  // roles that are not allowed on these elements
  for (const entry of document.querySelectorAll('.citation-list, .citation')) entry.removeAttribute('role');
  // what scrolls sideways can be scrolled by keyboard
  const reachable = () => {
    for (const box of document.querySelectorAll('pre, div.math, .pst-scrollable-table-container, .bd-article table')) {
      if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    }
  };
  // on a phone a formula that is too long for the line is set smaller, to two thirds at least; what is still too long scrolls
  const fit = (part) => {
    if (innerWidth > 600) return;
    for (const formula of part.querySelectorAll('mjx-container')) {
      const room = formula.closest('p, li, dd, td, figcaption, div.math')?.clientWidth;
      const width = formula.firstElementChild?.getBoundingClientRect().width;
      if (!room || !(width > room - 8) || formula.dataset.fitted) continue;
      formula.dataset.fitted = 'yes';
      formula.style.fontSize = `${parseFloat(formula.style.fontSize) * Math.max(2 / 3, (room - 8) / width)}%`;
    }
  };
  document.addEventListener('toggle', (event) => fit(event.target), true); // what was folded had no width
  // frames are stored small; beside the other figures they are to be read, too
  const enlarge = (image) => {
    if (image.matches?.('.db-figure img') && image.naturalWidth) image.style.width = `${1.3 * image.naturalWidth}px`; // at most 100 %
  };
  document.addEventListener('load', (event) => enlarge(event.target), true);
  for (const image of document.querySelectorAll('.db-figure img')) if (image.complete) enlarge(image);
  reachable();
  addEventListener('load', async () => {
    await window.MathJax?.startup?.promise;
    fit(document);
    reachable();
  });
});
