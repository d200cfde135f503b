(inputs, constants) => {
  const rows = inputs.users * (inputs.held + inputs.window) / inputs.slide;
  return {rows, state: rows * constants.row_bytes / 2 ** 30, windows: inputs.window / inputs.slide};
}
