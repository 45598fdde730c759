"""What logs in to every local or scripted Fivetran of the tests."""

KEY, SECRET = "key-for-tests", "secret-for-tests"
