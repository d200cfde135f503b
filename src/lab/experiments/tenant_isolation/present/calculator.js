(inputs, constants) => ({
  planning: constants.factor * inputs.tenants ** constants.exponent,
  most: constants.exponent > 0 ? (inputs.limit / constants.factor) ** (1 / constants.exponent) : Infinity,
})
