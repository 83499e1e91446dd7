#!/usr/bin/env bash
# All figures about a GPU, unattended, in less than 8 minutes on a machine with an NVIDIA driver: errors against the processor,
# ms per call, 100,000 steps of dynamics with output. Writes OUTPUT/gpu.json (default gpu-check/).
#
#   validation/gpu/check.sh [OUTPUT]
#
# Programs are taken from target/release (OREO and CHECK_GPU name others) and built there if cargo is at hand. The kernels come
# from NVRTC if it is found, else from the cache (OREO_CACHE), else NVRTC is fetched with pip. For a machine that can reach
# nothing, fill the cache before, where NVRTC is, and take it along:
#   OREO_CACHE=cache target/release/examples/check_gpu compile sm_90
#   OREO_CACHE=cache target/release/examples/check_gpu compile sm_90 models/general.safetensors
set -uo pipefail
cd "$(dirname "$0")/../.."
output=${1:-gpu-check}
mkdir -p "$output"
oreo=${OREO:-target/release/oreo}
check=${CHECK_GPU:-target/release/examples/check_gpu}
weights=models/general.safetensors
failed=0

say() { printf '%s\n' "$*" >&2; }

if ! nvidia-smi >"$output/nvidia-smi.txt" 2>&1; then
    say "no NVIDIA driver answers (nvidia-smi); nothing can be measured here"
    exit 1
fi
clocks() {
    nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem,clocks.max.sm,temperature.gpu,power.draw \
        --format=csv,noheader | head -n 1
}
before=$(clocks)

if [ ! -x "$oreo" ] || [ ! -x "$check" ]; then
    say "building"
    cargo build --release --bin oreo --example check_gpu || exit 1
fi

# Kernels: is there a compiler, or a cache?
has_nvrtc() { "$oreo" doctor --json 2>/dev/null | grep -q '"answer".*NVRTC [0-9]'; }
if ! has_nvrtc && [ -z "$(ls "${OREO_CACHE:-$HOME/.cache/oreo}"/*.cubin 2>/dev/null)" ]; then
    major=$(nvidia-smi | sed -n 's/.*CUDA Version: *\([0-9]*\).*/\1/p' | head -n 1)
    say "fetching NVRTC for CUDA ${major:-12}"
    # The wheels of 13 carry no suffix.
    package=nvidia-cuda-nvrtc-cu12
    [ "${major:-12}" -ge 13 ] && package='nvidia-cuda-nvrtc==13.0.*'
    python3 -m venv "$output/venv" && "$output/venv/bin/pip" install -q "$package"
    library=$(find "$output/venv" -name 'libnvrtc.so.*' | head -n 1)
    [ -n "$library" ] && export LD_LIBRARY_PATH="$(cd "$(dirname "$library")" && pwd):${LD_LIBRARY_PATH:-}"
fi

# A network of the paper's size, untrained; then the one that ships.
say "errors and times"
timeout 200 "$check" >"$output/full.json" 2>"$output/full.log" || { failed=1; tail -n 1 "$output/full.log" >&2; }
timeout 60 "$check" "$weights" >"$output/general.json" 2>"$output/general.log" || { failed=1; tail -n 1 "$output/general.log" >&2; }

say "100,000 steps of ethanol"
rm -rf "$output/run"
timeout 180 "$oreo" run --weights "$weights" --structure examples/data/rmd17_ethanol_1000.npz --steps 100000 --device cuda \
    --output "$output/run" >"$output/run.log" 2>&1
status=$?
# 3: a stability rule stopped a replica, which is a finding about the weights.
[ $status -eq 0 ] || [ $status -eq 3 ] || { failed=1; tail -n 1 "$output/run.log" >&2; }

json() { if [ -s "$1" ]; then cat "$1"; else echo null; fi; }
{
    echo '{'
    echo "\"clocks_before\": \"$before\","
    echo "\"clocks_after\": \"$(clocks)\","
    echo "\"full_size\": $(json "$output/full.json"),"
    echo "\"general\": $(json "$output/general.json"),"
    echo "\"run_exit\": $status,"
    echo "\"run\": $(json "$output/run/summary.json"),"
    echo "\"seconds\": $SECONDS,"
    echo "\"passed\": $([ $failed -eq 0 ] && echo true || echo false)"
    echo '}'
} >"$output/gpu.json"
say "wrote $output/gpu.json after $SECONDS s"
exit $failed
