"""Where the rows are: a file of DuckDB's, Snowflake, Databricks SQL or BigQuery, behind one small protocol."""
