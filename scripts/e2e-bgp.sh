#!/usr/bin/env bash
# The part of scripts/e2e.sh that is about BGP and BFD: FRR, BIRD and GoBGP of the distribution in network namespaces, and the
# programs on a control plane beside them.
# Arguments go to vitest, in place of the usual tests: scripts/e2e-bgp.sh test/e2e/bgp/sessions
set -euo pipefail
cd "$(dirname "$0")/.."

tests=("$@")
if [ ${#tests[@]} -eq 0 ]; then tests=(test/e2e/bgp test/bgp test/bfd test/platform/tcp); fi
exec scripts/e2e.sh "${tests[@]}"
