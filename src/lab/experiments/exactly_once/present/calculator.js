(inputs, constants) => {
  const messages = inputs.rate * inputs.interval / 1000;
  const {fixed, each} = constants;
  return {
    messages,
    share: 100 * Math.min(1, fixed / inputs.interval),
    busy: 100 * (fixed + each * messages) / inputs.interval,
    wait: inputs.interval / 2000,
    bound: 100 * Math.min(1, 3 / inputs.faults),
  };
}
