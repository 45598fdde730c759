#!/usr/bin/env bash
# with_google_login.sh COMMAND ...  runs a command with gcloud logged in, and leaves nothing of the login behind.
#
# The login is CircleCI's own token for this job, exchanged by workload identity federation; nothing is stored. It needs
# GCP_WORKLOAD_IDENTITY_PROVIDER and GCP_SERVICE_ACCOUNT in the job's context. Only where GCP_KEY_BASE64 is set, a
# service account's JSON key is used instead. docs/circleci.md says how to set up either.
set -euo pipefail
callers_umask=$(umask)
umask 077

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
export CLOUDSDK_CONFIG=$folder/gcloud CLOUDSDK_CORE_DISABLE_PROMPTS=1
credentials=$folder/credentials.json

# Runs a command that is asked nothing, and hands signals on to it: the login goes after the command's end, not before.
attend() {
  local child status signal signalled
  set -m # a process group of its own, in which no signal is ignored
  "$@" </dev/null &
  child=$!
  set +m
  for signal in HUP INT TERM; do
    # shellcheck disable=SC2064  # the values of now
    trap "signalled=1; kill -s $signal -- -$child 2>/dev/null || true" "$signal"
  done
  while :; do
    signalled=
    status=0
    wait "$child" || status=$?
    [[ -n $signalled ]] || break # or it was the signal that ended `wait`, and not the command
  done
  trap - HUP INT TERM
  return "$status"
}

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
  attend gcloud iam workload-identity-pools create-cred-config "$GCP_WORKLOAD_IDENTITY_PROVIDER" \
    --service-account="$GCP_SERVICE_ACCOUNT" --credential-source-file="$folder/token" \
    --output-file="$credentials" --quiet
fi
attend gcloud auth login --cred-file="$credentials" --quiet

unset GCP_KEY_BASE64 CIRCLE_OIDC_TOKEN CIRCLE_OIDC_TOKEN_V2 # the command has the login; it needs nothing more
umask "$callers_umask"
attend "$@"
