(inputs, constants) => {
  const {noise, per_person, bias, share} = constants;
  /* 95th percentile of |Z - shift| for Laplace noise Z. */
  const p95 = (scale, shift) =>
    scale * (Math.log(20) + shift / scale + Math.log1p(Math.exp(-2 * shift / scale)) - Math.log(2));
  const people = inputs.people * per_person, target = inputs.target / 100;
  let low = Math.log(1e-9), high = Math.log(1e9); /* of the scale, which the error grows with */
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (p95(Math.exp(middle), bias) < target) low = middle; else high = middle;
  }
  return {
    error: 100 * p95(noise / (inputs.budget * share * people), bias),
    bias: 100 * bias,
    needed: bias < target ? noise / people / Math.exp(low) / share : Infinity,
  };
}
