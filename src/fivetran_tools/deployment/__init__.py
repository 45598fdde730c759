"""From `deploy.yaml` to functions that run: reading it, rendering CircleCI's configuration, deploying, looking."""
