(inputs, constants) => {
  const {pipelines, burn, background, anomalies} = inputs;
  const waits = constants.limits.map((limit, place) => burn + background > limit
    ? constants.windows[place] * Math.max(0, limit - background) / burn : Infinity);
  const found = anomalies * constants.found, series = pipelines * constants.series;
  return {
    detection: (Math.min(...waits) + constants.sampled) / 60,
    false_alerts: pipelines * constants.false_alerts,
    precision: found + constants.false_alerts > 0 ? 100 * found / (found + constants.false_alerts) : Infinity,
    series,
    stored: series * 30 * 86400 / 15 * constants.bytes_each / 1e9,
  };
}
