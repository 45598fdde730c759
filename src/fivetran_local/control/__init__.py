"""The control door, `/_local/...`: what a test needs of the local Fivetran and no client of the real one has."""
