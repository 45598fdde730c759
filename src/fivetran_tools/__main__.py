"""`python -m fivetran_tools`: what the launcher runs."""

from fivetran_tools.cli import main

main()
