(inputs, constants) => {
  const {rows, interval} = inputs;
  const {batch_fixed, batch_each} = constants;
  const percentile = (values, share) => {
    const drawn = [...values].sort((a, b) => a - b);
    const place = share * (drawn.length - 1), below = Math.floor(place), above = Math.min(below + 1, drawn.length - 1);
    return drawn[below] + (drawn[above] - drawn[below]) * (place - below);
  };
  const drawn = constants.fixed.map((fixed, place) => fixed + constants.slopes[place] * rows);
  const [shortest, longest] = constants.intervals, [least, most] = constants.took;
  const took = least + (most - least) * Math.min(1, Math.max(0, (interval - shortest) / (longest - shortest)));
  const loaded = took + percentile(constants.slopes, 0.975) * Math.max(0, rows - constants.accounts);
  const lag = interval / 2 + constants.pipeline + batch_each * (rows - constants.accounts);
  const written = constants.log_each * inputs.changes * 3600 * inputs.outage;
  return {
    batch: Math.max(0, batch_fixed) + Math.max(0, batch_each) * rows,
    low: percentile(drawn, 0.025),
    high: percentile(drawn, 0.975),
    loaded,
    lag: loaded <= interval ? lag : Infinity,
    log: (constants.log_behind + written) / 1e9,
  };
}
