"""What a laboratory's own runs on known material prove: limits, accuracy and precision."""
