"""Late events: what a watermark absorbs, a feature job for Spark, a guard against clocks that run ahead."""
