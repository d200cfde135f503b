/* Shows the values of a mark beside it: of the one nearest to the pointer or tap; by arrow keys one after the other. */
(() => {
  const DRAWING = ".lab-figure [role=img]";
  const SMALL = 12, ON = 6, NEAR = 24; /* px: size of a point; so close counts as upon it; so far a mark is still meant */
  /* JupyterLab runs this before the figure is in the page. */
  setTimeout(() => document.querySelectorAll(DRAWING).forEach(drawing => {
    if (drawing.querySelector("[data-tip]")) drawing.tabIndex = 0;
  }));
  if (window.labFigures) return;
  window.labFigures = true;
  let shown = null;
  const marks = drawing => [...drawing.querySelectorAll("[data-tip]")];
  const drawingOf = event => event.target.closest?.(DRAWING);
  function hide() {
    if (!shown) return;
    shown.classList.remove("lab-on");
    shown.closest(".lab-figure").querySelector(".lab-tip").textContent = "";
    shown = null;
  }
  function show(mark, x, y) {
    if (mark !== shown) hide();
    if (!mark) return;
    shown = mark;
    mark.classList.add("lab-on");
    const figure = mark.closest(".lab-figure"), tip = figure.querySelector(".lab-tip");
    const names = mark.parentElement.dataset.fields.split("|");
    tip.textContent = mark.dataset.tip.split("|").map((value, place) => `${names[place]}: ${value}`).join("\n");
    const frame = figure.getBoundingClientRect(), above = y - frame.top - tip.offsetHeight - 12;
    tip.style.left = `${Math.max(0, Math.min(x - frame.left + 12, frame.width - tip.offsetWidth))}px`;
    tip.style.top = `${above < 0 ? y - frame.top + 16 : above}px`;
  }
  /* Of several marks under the pointer the smallest: a point lies on a bar, not under it. */
  function nearest(drawing, x, y) {
    let best = null, least = [NEAR, 0];
    for (const mark of marks(drawing)) {
      const box = mark.getBoundingClientRect();
      const gap = Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
      const slack = Math.max(box.width, box.height) <= SMALL ? ON : 0;
      const rank = [Math.max(gap - slack, 0), box.width * box.height];
      if (rank[0] < least[0] || (rank[0] === least[0] && rank[1] < least[1])) [best, least] = [mark, rank];
    }
    return best;
  }
  function point(event) {
    const drawing = drawingOf(event);
    show(drawing ? nearest(drawing, event.clientX, event.clientY) : null, event.clientX, event.clientY);
  }
  function step(drawing, by) {
    const all = marks(drawing), place = all.indexOf(shown);
    const mark = all[place < 0 ? 0 : (place + by + all.length) % all.length], box = mark.getBoundingClientRect();
    show(mark, (box.left + box.right) / 2, (box.top + box.bottom) / 2);
  }
  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  document.addEventListener("pointermove", event => event.pointerType === "mouse" && point(event));
  document.addEventListener("click", point);
  document.addEventListener("focusin", event => event.target.matches(`${DRAWING}:focus-visible`) && step(event.target, 1));
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") hide();
    if (!(event.key in STEPS) || !event.target.matches?.(DRAWING)) return;
    event.preventDefault();
    step(event.target, STEPS[event.key]);
  });
})();
