(inputs, constants) => {
  const {bytes_per_gb, days_in_month, min_bytes, overhead_bytes, overhead_hot_bytes} = constants;
  const size = inputs.size * 1e6, gb = size / bytes_per_gb, stored = inputs.stored * 1e12 / bytes_per_gb;
  const kept = Math.max(size, min_bytes) + overhead_bytes, month = bytes_per_gb * days_in_month;
  const hot = inputs.hot * (size - overhead_hot_bytes) / month, cold = inputs.cold * kept / month;
  const back = inputs.moves / 1000 + inputs.retrieval * gb, saved = hot - cold;
  const {minimum, returns} = inputs, early = Math.max(0, minimum - days_in_month / returns);
  const idle = back / saved >= minimum ? back / saved : (back + cold * minimum) / hot;
  return {
    month: inputs.hot * stored + constants.requests_each * (stored / gb),
    idle: saved > 0 ? idle : Infinity,
    share: !returns ? 0 : saved > 0 ? 100 * returns / days_in_month * (back + cold * early) / saved : Infinity,
  };
}
