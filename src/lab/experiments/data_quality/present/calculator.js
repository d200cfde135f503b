(inputs) => {
  const chance = inputs.share / 100, batches = inputs.tables * inputs.batches;
  return {alarms: chance * batches, any: -100 * Math.expm1(batches * Math.log1p(-chance))};
}
