(inputs, constants) => {
  const {fixed, each, keys, row_bytes} = constants;
  const rows = (fixed + each * inputs.watermark) * inputs.keys / keys;
  return {rows, memory: rows * row_bytes / 1e6, minute: each * inputs.keys / keys};
}
