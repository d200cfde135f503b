(inputs) => {
  const room = (inputs.target / 100) * inputs.capacity - inputs.live;
  const minutes = rows => (room > 0 ? rows / room / 60 : Infinity);
  return {room: Math.max(room, 0), drain: minutes(inputs.backlog), hour: minutes(3600 * inputs.live)};
}
