#!/usr/bin/env bash
# The demo as a new user runs it, twice: the second time nothing may be written.
set -euo pipefail
cd "$(dirname "$0")/../.."
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
npm run --silent demo -- --dir "$directory" >"$directory/first.txt" || { cat "$directory/first.txt"; exit 1; }
heads() { for name in cluster-dev cluster-prod; do git --git-dir "$directory/repos/$name.git" rev-parse main; done; }
before=$(heads)
npm run --silent demo -- --dir "$directory" >"$directory/second.txt" || { cat "$directory/second.txt"; exit 1; }
[ "$before" = "$(heads)" ] || { echo 'a branch moved'; exit 1; }
[ "$(grep -c unchanged "$directory/second.txt")" -ge 2 ] || { cat "$directory/second.txt"; exit 1; }
tail -n 5 "$directory/second.txt"
