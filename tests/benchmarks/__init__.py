"""Speed, as ratios to baselines measured in the same interleaved run: `make bench`."""
