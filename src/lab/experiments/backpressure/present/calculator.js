(inputs) => {
  const {capacity, burst, attempts} = inputs;
  const retrying = capacity * burst * attempts;
  const throttled = capacity * Math.min(burst, inputs.k);
  return {
    refused: 100 * Math.max(0, 1 - 1 / burst),
    retrying,
    throttled,
    processors: retrying * inputs.cost / 1000,
    spared: throttled * inputs.cost_throttled / 1000,
    kept_up: inputs.base * attempts,
  };
}
