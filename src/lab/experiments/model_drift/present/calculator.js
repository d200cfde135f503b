(inputs) => {
  const tests = inputs.features * inputs.looks, alpha = inputs.alpha / 100, any = count => 100 * (1 - (1 - alpha) ** count);
  return {tests, look: any(inputs.features), any: any(tests), each: inputs.alpha / tests};
}
