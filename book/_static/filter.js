// Narrow a list by menus and words. A form names its list; without this script the form stays hidden and all is shown.
(() => {
  const plain = (text) => text.toLowerCase().replace(/\s+/g, " ");

  function attach(form) {
    const items = [...document.querySelectorAll(`[data-item="${form.dataset.for}"]`)];
    const groups = new Set(items.map((item) => item.closest("[data-group]")));
    const sections = new Set(items.map((item) => item.closest("section")).filter((one) => one && !one.contains(form)));
    const texts = new Map(items.map((item) => [item, plain(`${item.closest("[data-group]").dataset.group} ${item.textContent}`)]));

    function matches(item) {
      const menus = [...form.querySelectorAll("select")];
      const words = plain(form.querySelector("input")?.value ?? "").split(" ");
      return (
        menus.every((menu) => !menu.value || item.dataset[menu.dataset.key] === menu.value) &&
        words.every((word) => texts.get(item).includes(word))
      );
    }

    function narrow() {
      for (const item of items) item.hidden = !matches(item);
      const shown = items.filter((item) => !item.hidden);
      for (const around of [...groups, ...sections]) around.hidden = !shown.some((item) => around.contains(item));
      form.querySelector("output").textContent = `${shown.length} of ${items.length} ${form.dataset.noun}`;
    }

    form.addEventListener("input", narrow);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    narrow();
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("form.lab-filter").forEach(attach));
})();
