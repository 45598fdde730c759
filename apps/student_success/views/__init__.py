"""What a person sees: one module for each page, and what the pages share."""
