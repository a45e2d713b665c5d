#!/usr/bin/env bash
# Puts what the tests want to run against into .servers/ and .venv/: nats-server, newest and 2.9, as Go modules, and
# moto and cfn-lint from the Python registry. Does nothing for what is there.
set -euo pipefail
cd "$(dirname "$0")/../.."

nats() {
  local version=$1 directory=$2
  if [ -x "$directory/nats-server" ]; then return; fi
  mkdir -p "$directory"
  GOBIN=$(cd "$directory" && pwd) go install "github.com/nats-io/nats-server/v2@$version"
}

nats v2.15.1 .servers
nats v2.9.25 .servers/2.9
python() {
  local command=$1 package=$2
  if [ -x ".venv/bin/$command" ]; then return; fi
  [ -x .venv/bin/pip ] || python3 -m venv .venv
  .venv/bin/pip install --quiet "$package"
}

# cfn-lint first: moto needs one too, and takes what it finds.
python cfn-lint 'cfn-lint==1.58.0'
python moto_server 'moto[server]==5.2.5'

.servers/nats-server --version
.servers/2.9/nats-server --version
.venv/bin/python -c 'import moto; print("moto", moto.__version__)'
.venv/bin/cfn-lint --version
