"""The local Fivetran as a process: what `serve` runs."""
