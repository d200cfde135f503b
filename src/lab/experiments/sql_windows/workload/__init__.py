"""The tables: purchases (synthetic), sample (documented), cdnow (real); and arms: the controls' queries."""
