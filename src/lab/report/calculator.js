/* A form that answers for the reader's own numbers: the record's script over the record's constants. Without scripts it
   stays hidden. */
(form, spec, answer) => {
  const {inputs, outputs, constants, grades, listed} = spec;
  const field = name => form.elements.namedItem(name);
  const part = (kind, name) => form.querySelector(`[data-${kind}="${name}"]`);
  function shown(value) {
    const size = Math.abs(value);
    if (size >= 1e15 || (size < 0.001 && size > 0)) return value.toExponential(2);
    return Number.isInteger(value) || size >= 100
      ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));
  }
  const range = ([low, high], unit) =>
    (low === high ? `only ${shown(low)}` : `${shown(low)} to ${shown(high)}`) + (unit ? ` ${unit}` : "");
  /* Fields show six digits of a number of the run. */
  const outside = (value, [low, high]) => value < low - 1e-5 * Math.abs(low) || value > high + 1e-5 * Math.abs(high);
  function bad(item) {
    const text = field(item.name).value.trim(), value = Number(text);
    const wrong = !text || !Number.isFinite(value) || (item.whole && !Number.isInteger(value)) || outside(value, [item.low, item.high]);
    field(item.name).setAttribute("aria-invalid", wrong);
    return wrong;
  }
  /* [name, count] of each line that was pasted; null if one can't be read. */
  function pairs() {
    const lines = field(listed.name).value.split("\n").filter(line => line.trim());
    const found = lines.map(line => line.trim().match(/^(.*[^\s,;])[\s,;]+(\S+)$/)?.slice(1)).map(one => one && [one[0], Number(one[1])]);
    const read = found.every(one => one && Number.isFinite(one[1]) && one[1] > 0);
    field(listed.name).setAttribute("aria-invalid", !read);
    return read ? found : null;
  }
  function grade(output, beyond) {
    const far = beyond.some(item => !output.rests_on.length || output.rests_on.includes(item.name));
    const name = far && output.grade !== "arithmetic" ? "extrapolated" : output.grade;
    Object.assign(part("grade", output.name), {className: `lab-grade lab-${name}`, title: grades[name], textContent: name});
  }
  function update() {
    const wrong = inputs.filter(bad).map(item =>
      `${item.label}: type a ${item.whole ? "whole " : ""}number, ${range([item.low, item.high], item.unit)}.`);
    const numbers = Object.fromEntries(inputs.map(item => [item.name, Number(field(item.name).value)]));
    if (listed && !(numbers[listed.name] = pairs()))
      wrong.push(`${listed.label}: type a name and a count above 0 in each line, such as ${listed.example}.`);
    const answers = wrong.length ? {} : answer(numbers, constants), known = {...numbers, ...answers};
    const checked = [...inputs, ...outputs].filter(item => item.checked);
    const beyond = wrong.length ? [] : checked.filter(item => outside(known[item.name], item.checked));
    if (listed && !wrong.length && known[listed.name].length) beyond.push(listed);
    for (const output of outputs) {
      const value = answers[output.name];
      part("answer", output.name).textContent =
        wrong.length ? "–" : Number.isFinite(value) ? `${shown(value)} ${output.unit}`.trim() : output.otherwise;
      grade(output, beyond);
    }
    const said = form.querySelector("[role=status]");
    if (wrong.length) said.textContent = wrong.join(" ");
    else if (beyond.length)
      said.textContent = `Beyond what this run checked: ${beyond.map(item =>
        `${item.label} (checked: ${item.checked ? range(item.checked, item.unit) : "this run’s"})`).join(", ")}.`;
    else said.textContent = checked.length ? "Within what this run checked." : "";
  }
  form.addEventListener("input", update);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(update)); /* the fields are put back after this event */
  form.hidden = false;
  update();
}
