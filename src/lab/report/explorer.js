/* Shows the run at the chosen values, opened, and no other; tells it to those who hear the page. */
document.querySelectorAll("form.lab-explorer").forEach(form => {
  const menus = [...form.querySelectorAll("select")], runs = [...document.querySelectorAll("[data-point]")];
  function choose() {
    const at = menus.map(menu => menu.value).join(" ");
    for (const run of runs) run.hidden = !(run.open = run.dataset.point === at);
    const shown = runs.find(run => run.open);
    form.querySelector("output").textContent = shown ? shown.querySelector("summary").textContent : "was not run";
  }
  form.addEventListener("input", choose);
  form.addEventListener("submit", event => event.preventDefault());
  form.hidden = false;
  choose();
});
