(inputs, constants) => {
  const {fixed, open, rtt, trips_per_query} = constants;
  const start = Math.max(0, fixed + trips_per_query * (inputs.rtt - rtt) / 1000);
  const each = open * (inputs.rtt / rtt), opening = each * inputs.files, bytes = inputs.size / inputs.bandwidth;
  return {
    scan: start + opening + bytes,
    share: 100 * opening / (start + opening + bytes),
    file: (100 / inputs.tolerance - 1) * each * inputs.bandwidth,
  };
}
