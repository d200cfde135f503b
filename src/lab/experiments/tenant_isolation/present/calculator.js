(inputs, constants) => ({
  planning: constants.fixed + constants.each * inputs.tenants ** 2,
  most: constants.each > 0 ? Math.sqrt(Math.max(0, inputs.limit - constants.fixed) / constants.each) : Infinity,
})
