#!/bin/sh
# Installs everything the project needs from its lock files: Python packages with uv, compilers,
# chain tools and protocol artifacts with npm. Says in one line what is wrong and what to do.
set -eu
cd "$(dirname "$0")/.."

fail() { echo "setup: $1" >&2; exit 1; }

python=""
for candidate in python3.11 python3.12 python3; do
  if command -v "$candidate" >/dev/null 2>&1 &&
    "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
    python=$(command -v "$candidate")
    break
  fi
done
[ -n "$python" ] || fail "no Python 3.11 or 3.12 found: install one (Debian: apt-get install python3 python3-venv)"
command -v node >/dev/null 2>&1 || fail "Node.js is missing: install version 20 or newer (Debian: apt-get install nodejs npm)"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || fail "Node.js $(node --version) is too old: install version 20 or newer"
command -v npm >/dev/null 2>&1 || fail "npm is missing: install it (Debian: apt-get install npm)"

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
  [ -x .cache/uv/bin/uv ] || {
    echo "setup: fetching uv"
    "$python" -m venv .cache/uv && .cache/uv/bin/pip install --quiet uv ||
      fail "uv could not be installed through pip: install it by hand (pip install uv)"
  }
  uv=.cache/uv/bin/uv
fi

compile_kernels() {
  kernels=$(cat uv.lock keeper/relay/messages.toml keeper/market/kernels/*.py keeper/strategies/*.py keeper/strategies/*/*.py | cksum)
  [ "$(cat .cache/kernels.stamp 2>/dev/null)" = "$kernels" ] && return
  .venv/bin/python -m keeper.strategies.warm || fail "the kernels do not compile: see above"
  printf '%s' "$kernels" >.cache/kernels.stamp
}

stamp=.cache/setup.stamp
wanted=$(cat uv.lock package-lock.json toolchain/setup.sh | cksum)
if [ -x .venv/bin/python ] && [ -d node_modules ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
  compile_kernels
  exit 0
fi

echo "setup: Python packages"
"$uv" sync --quiet --frozen --no-python-downloads --python "$python" ||
  fail "uv sync failed: check the network and that uv.lock is whole"
echo "setup: compilers, chain tools and protocol artifacts"
npm ci --silent --ignore-scripts --no-audit --no-fund ||
  fail "npm ci failed: check the network and that package-lock.json is whole"

# one directory with every tool under the name that its callers look for
mkdir -p .cache/bin .cache/vyper
for tool in anvil cast forge; do
  binary=$(ls node_modules/@foundry-rs/"$tool"-*/bin/"$tool" 2>/dev/null | head -n 1)
  if [ -n "$binary" ]; then binary="../../$binary"; else binary=$(command -v "$tool" || true); fi
  [ -n "$binary" ] || fail "no $tool for this platform: put Foundry 1.7.1 on PATH (npm serves linux-amd64)"
  ln -sf "$binary" ".cache/bin/$tool"
done
for version in 0.6.6 0.7.6 0.8.17 0.8.19 0.8.27 0.8.30; do ln -sf ../../toolchain/solc.cjs ".cache/bin/solc-v$version"; done
ln -sf ../../toolchain/solc.cjs .cache/bin/solc
ln -sf ../../.venv/bin/vyper ".cache/vyper/vyper-$(.venv/bin/vyper --version | cut -d+ -f1)"
for tool in anvil forge cast solc; do
  ".cache/bin/$tool" --version >/dev/null || fail "$tool does not run on this machine"
done
printf '%s' "$wanted" >"$stamp"
compile_kernels
echo "setup: done"
