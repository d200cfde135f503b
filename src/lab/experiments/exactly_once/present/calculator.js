(inputs, constants) => {
  const messages = inputs.rate * inputs.interval / 1000;
  const {fixed, each} = constants;
  const open = fixed + (each + inputs.work / 1000) * messages;
  return {
    messages,
    share: 100 * Math.min(1, fixed / inputs.interval),
    busy: 100 * open / inputs.interval,
    open: open / 1000,
    wait: (inputs.interval / 2 + open) / 1000,
    bound: 100 * (1 - Math.pow(0.05, 1 / inputs.faults)),
  };
}
