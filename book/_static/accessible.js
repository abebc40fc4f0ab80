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
  reachable();
  addEventListener('load', () => (window.MathJax?.startup?.promise ?? Promise.resolve()).then(reachable));
});
