// The list of claims: which kinds are shown, how many of them each chapter has, and a chapter opened by its link.
const boxes = [...document.querySelectorAll('.claim-filter input')];
const filter = () => {
  const shown = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  for (const chapter of document.querySelectorAll('.claims-of')) {
    const rows = [...chapter.querySelectorAll('tbody tr')];
    for (const row of rows) row.hidden = !shown.has(row.dataset.kind);
    const left = rows.filter((row) => !row.hidden).length;
    chapter.querySelector('.claim-count').textContent = left === rows.length ? `${left} claims` : `${left} of ${rows.length} claims`;
  }
};
for (const box of boxes) {
  box.disabled = false; // without this script all are shown
  box.addEventListener('change', filter);
}
