// Small repairs of the theme, so that what a screen reader says fits what is seen.
document.addEventListener('DOMContentLoaded', () => {
  for (const button of document.querySelectorAll('button[aria-label], a[aria-label]')) {
    const seen = button.innerText.trim();
    if (seen && !button.getAttribute('aria-label').toLowerCase().includes(seen.toLowerCase())) {
      button.removeAttribute('aria-label');
    }
  }
  // wide formulas, tables and code scroll sideways: reachable by keyboard
  for (const box of document.querySelectorAll('pre, .math.notranslate.nohighlight, .pst-scrollable-table-container')) {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
  }
});
