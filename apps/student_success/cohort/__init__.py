"""The students of the table: which columns there are, which of them somebody looks at, and what is asked of them."""
