"""`replay`: a recording listed, sent again to today's function, and judged."""
