(inputs, constants) => {
  const delay = inputs.delay / 1000, entities = inputs.entities, weight = place => place ** -inputs.zipf;
  let total = 0, met = 0, differing = 0;
  for (let place = 1; place <= entities; place++) total += weight(place);
  for (let place = 1; place <= entities; place++) {
    const share = weight(place) / total, rate = inputs.updates * share;
    met += share * rate;
    differing -= share * Math.expm1(-rate * delay);
  }
  return {
    rate: met,
    waiting: met * delay,
    differing: 100 * differing,
    memory: (constants.bytes_each ?? Infinity) * entities / 1e6,
    refill: (constants.refill_us_each ?? Infinity) * entities / 1e6,
  };
}
