"""The four focus areas: what each asks, step by step."""
