"""Tables: counting them, protecting them, attacking them, proving them safe."""
