(inputs, constants) => ({
  calls: inputs.runs * (1 + inputs.retries) ** inputs.layers,
  breaker: constants.failures + inputs.slots - 1 + Math.ceil(inputs.outage / inputs.open),
  heartbeats: inputs.runs / inputs.heartbeat,
  soonest: inputs.timeout - inputs.heartbeat,
  latest: inputs.timeout + inputs.scan,
})
