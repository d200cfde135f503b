(inputs, constants) => {
  const weight = inputs.interactions / (inputs.interactions + inputs.k);
  return {
    weight: 100 * weight,
    left: inputs.wrong * (1 - weight),
    error: inputs.interactions > constants.told_to
      ? Infinity : Math.sqrt(Math.max(0, constants.start - constants.full * weight)),
  };
}
