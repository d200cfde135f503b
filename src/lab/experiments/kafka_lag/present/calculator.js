(inputs, constants) => {
  const text = new TextEncoder(), mix = 0x5bd1e995;
  function murmur2(key) {
    const whole = key.length & ~3, word = (start, bytes) => {
      let value = 0;
      for (let place = 0; place < bytes; place++) value |= key[start + place] << 8 * place;
      return value;
    };
    let digest = 0x9747b28c ^ key.length;
    for (let start = 0; start < whole; start += 4) {
      const mixed = Math.imul(word(start, 4), mix);
      digest = Math.imul(digest, mix) ^ Math.imul(mixed ^ mixed >>> 24, mix);
    }
    if (whole < key.length) digest = Math.imul(digest ^ word(whole, key.length - whole), mix);
    digest = Math.imul(digest ^ digest >>> 13, mix);
    return digest ^ digest >>> 15;
  }
  const counted = new Map(), messages = new Array(inputs.partitions).fill(0);
  for (const [key, count] of inputs.counts) counted.set(key, (counted.get(key) ?? 0) + count);
  if (!counted.size)
    for (let place = 0; place < inputs.keys; place++) counted.set(`customer-${place}`, (place + 1) ** -inputs.zipf);
  let total = 0, largest = 0, fullest = 0;
  for (const [key, count] of counted) {
    const place = (murmur2(text.encode(key)) & 0x7fffffff) % inputs.partitions;
    messages[place] += count;
    fullest = Math.max(fullest, messages[place]);
    largest = Math.max(largest, count);
    total += count;
  }
  const share = fullest / total, workers = inputs.rate / inputs.worker, load = share * workers;
  return {
    workers,
    mean: Math.ceil(workers / constants.mean_load),
    largest: 100 * largest / total,
    most: Math.min(100, 100 / workers),
    share: 100 * share,
    load: 100 * load,
    growth: Math.max(0, share * inputs.rate - inputs.worker),
    catch_up: load < 1 ? load / (1 - load) : Infinity,
  };
}
