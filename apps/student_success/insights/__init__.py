"""Reports whose every number comes from a query or a computation that the reader can see."""
