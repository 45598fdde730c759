"""The `fivetran` command: words in `cli`, one module for each verb."""
