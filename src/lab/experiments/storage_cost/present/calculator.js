(inputs, constants) => {
  const {bytes_per_gb, days_in_month, min_bytes, overhead_bytes, overhead_hot_bytes} = constants;
  const size = inputs.size * 1e6, gb = size / bytes_per_gb, stored = inputs.stored * 1e12 / bytes_per_gb;
  const kept = Math.max(size, min_bytes) + overhead_bytes;
  const saved = inputs.hot * (size - overhead_hot_bytes) - inputs.cold * kept;
  const back = inputs.moves / 1000 + inputs.retrieval * gb;
  const idle = saved > 0 ? back / (saved / bytes_per_gb / days_in_month) : Infinity;
  return {
    month: inputs.hot * stored + constants.requests_each * (stored / gb),
    idle,
    share: inputs.returns ? 100 * inputs.returns * idle / days_in_month : 0,
  };
}
