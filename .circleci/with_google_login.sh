#!/usr/bin/env bash
# with_google_login.sh COMMAND ...  runs a command with gcloud logged in, and leaves nothing of the login behind.
#
# The login is CircleCI's own token for this job, exchanged by workload identity federation; nothing is stored. It needs
# GCP_WORKLOAD_IDENTITY_PROVIDER and GCP_SERVICE_ACCOUNT in the job's context. Only where GCP_KEY_BASE64 is set, a
# service account's JSON key is used instead. docs/circleci.md says how to set up either.
set -euo pipefail
umask 077

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
export CLOUDSDK_CONFIG=$folder/gcloud CLOUDSDK_CORE_DISABLE_PROMPTS=1
credentials=$folder/credentials.json

if [[ -n ${GCP_KEY_BASE64:-} ]]; then
  base64 --decode <<<"$GCP_KEY_BASE64" >"$credentials"
else
  for name in CIRCLE_OIDC_TOKEN_V2 GCP_WORKLOAD_IDENTITY_PROVIDER GCP_SERVICE_ACCOUNT; do
    if [[ -z ${!name:-} ]]; then
      echo "$name is not set: give this job a context that has it (docs/circleci.md)" >&2
      exit 1
    fi
  done
  printf '%s' "$CIRCLE_OIDC_TOKEN_V2" >"$folder/token"
  gcloud iam workload-identity-pools create-cred-config "$GCP_WORKLOAD_IDENTITY_PROVIDER" \
    --service-account="$GCP_SERVICE_ACCOUNT" --credential-source-file="$folder/token" \
    --output-file="$credentials" --quiet
fi
gcloud auth login --cred-file="$credentials" --quiet

unset GCP_KEY_BASE64 CIRCLE_OIDC_TOKEN CIRCLE_OIDC_TOKEN_V2 # the command has the login; it needs nothing more
"$@"
