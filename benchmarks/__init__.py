"""What it costs, each thing measured against another in the same run."""
