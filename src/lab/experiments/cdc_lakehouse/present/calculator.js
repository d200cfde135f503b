(inputs, constants) => {
  const {rows, interval} = inputs;
  const {batch_fixed, batch_each} = constants;
  const drawn = constants.fixed.map((fixed, place) => fixed + constants.slopes[place] * rows).sort((a, b) => a - b);
  const percentile = share => {
    const place = share * (drawn.length - 1), below = Math.floor(place), above = Math.min(below + 1, drawn.length - 1);
    return drawn[below] + (drawn[above] - drawn[below]) * (place - below);
  };
  const high = percentile(0.975);
  const lag = interval / 2 + constants.pipeline + batch_each * (rows - constants.accounts);
  const written = constants.log_each * inputs.changes * 3600 * inputs.outage;
  return {
    batch: Math.max(0, batch_fixed) + Math.max(0, batch_each) * rows,
    low: percentile(0.025),
    high,
    lag: high <= interval ? lag : Infinity,
    log: (constants.log_behind + written) / 1e9,
  };
}
