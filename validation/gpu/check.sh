#!/usr/bin/env bash
# All figures about a GPU, unattended, in less than 8 minutes on a machine with an NVIDIA driver: errors against the processor,
# ms per call (median of 1,000, copies included), 100,000 steps of ethanol with output, the same run gone on with on the
# processor; samples/s in training on the GPU and on the processor; TorchMD-NET on the same GPU. Writes OUTPUT/gpu.json
# (default gpu-check/); what could not be measured is null there, with the reason in `missing`.
#
#   validation/gpu/check.sh [OUTPUT]
#
# Programs are taken from target/release (OREO and CHECK_GPU name others) and built there if cargo is at hand, before the 8
# minutes begin. Training needs a program with candle-cuda, which validation/gpu/candle_cuda.sh makes (OREO_CANDLE names
# another than target/candle-cuda/release/oreo); TorchMD-NET is measured where python3 (PYTHON names another) can import it.
# The kernels come from NVRTC if it is found, else from the cache (OREO_CACHE), else NVRTC is fetched with pip. For a machine
# that can reach nothing, fill the cache before, where NVRTC is, and take it along:
#   OREO_CACHE=cache target/release/examples/check_gpu compile sm_90
#   OREO_CACHE=cache target/release/examples/check_gpu compile sm_90 models/general.safetensors
set -uo pipefail
output=$(realpath -m "${1:-gpu-check}")
cd "$(dirname "$0")/../.."
mkdir -p "$output"
oreo=${OREO:-target/release/oreo}
check=${CHECK_GPU:-target/release/examples/check_gpu}
candle=${OREO_CANDLE:-target/candle-cuda/release/oreo}
python=${PYTHON:-python3}
weights=models/general.safetensors
ethanol=examples/data/rmd17_ethanol_1000.npz
failed=0
missing=()

say() { printf '%s\n' "$*" >&2; }

# Every child ends at its own limit (s), and none goes beyond the end.
readonly END=465
within() {
    local limit=$1 left=$((END - SECONDS))
    shift
    [ "$left" -lt "$limit" ] && limit=$left
    if [ "$limit" -lt 3 ]; then
        say "no time left for $1"
        return 125
    fi
    timeout --kill-after=5 "$limit" "$@"
}

# measured LIMIT NAME COMMAND…: output to NAME.json, the rest to NAME.log. A failure is one line, and the others go on.
measured() {
    local limit=$1 name=$2 status
    shift 2
    say "$name"
    within "$limit" "$@" >"$output/$name.json" 2>"$output/$name.log"
    status=$?
    if [ $status -eq 0 ]; then
        grep 'ms per call' "$output/$name.log" | sed 's/^/  /' >&2
        return 0
    fi
    say "  failed ($status): $(tail -n 1 "$output/$name.log")"
    failed=1
    return $status
}

without() {
    say "not measured: $1"
    missing+=("$1")
}

if ! timeout 20 nvidia-smi >"$output/nvidia-smi.txt" 2>&1; then
    say "no NVIDIA driver answers (nvidia-smi); nothing can be measured here"
    exit 1
fi
clocks() {
    timeout 20 nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem,clocks.max.sm,temperature.gpu,power.draw \
        --format=csv,noheader | head -n 1 | tr -d '"\\'
}

if [ ! -x "$oreo" ] || [ ! -x "$check" ]; then
    say "building"
    cargo build --release --bin oreo --example check_gpu || exit 1
fi
SECONDS=0
before=$(clocks)
within 20 "$oreo" doctor --json >"$output/doctor.json" 2>"$output/doctor.log"

# Kernels: is there a compiler, or a cache?
has_nvrtc() { grep -q '"answer".*NVRTC [0-9]' "$output/doctor.json"; }
if ! has_nvrtc && ! compgen -G "${OREO_CACHE:-$HOME/.cache/oreo}/*.cubin" >/dev/null; then
    major=$(sed -n 's/.*CUDA Version: *\([0-9]*\).*/\1/p' "$output/nvidia-smi.txt" | head -n 1)
    say "fetching NVRTC for CUDA ${major:-12}"
    # The wheels of 13 carry no suffix.
    package=nvidia-cuda-nvrtc-cu12
    [ "${major:-12}" -ge 13 ] && package='nvidia-cuda-nvrtc==13.0.*'
    within 60 python3 -m venv "$output/venv" && within 60 "$output/venv/bin/pip" install -q "$package"
    library=$(find "$output/venv" -name 'libnvrtc.so.*' 2>/dev/null | head -n 1)
    [ -n "$library" ] && export LD_LIBRARY_PATH="$(dirname "$library"):${LD_LIBRARY_PATH:-}"
fi

# A network of the paper's size, untrained; then the one that ships.
measured 140 full-size "$check"
measured 50 general "$check" "$weights" 1000 4

rm -rf "$output/run"
failed_before=$failed
measured 120 run "$oreo" run --weights "$weights" --structure "$ethanol" --steps 100000 --device cuda \
    --output "$output/run" --json
run=$?
# 3: a stability rule stopped a replica, which is a finding about the weights.
if [ $run -eq 0 ]; then
    measured 20 gone-on "$oreo" resume "$output/run" --device cpu --steps 100200 --json
elif [ $run -eq 3 ]; then
    failed=$failed_before
fi

# Losses of the two engines at the first step are compared by the program itself. Batches of 64, the network of the paper.
if [ -x "$candle" ] && within 20 "$candle" doctor --json 2>/dev/null | grep -Eq '"candle_in_this_build": ?true'; then
    threads=$(nproc)
    [ "$threads" -gt 16 ] && threads=16
    for structure in "$ethanol" examples/data/aspirin.xyz; do
        measured 45 "training-$(basename "${structure%.*}")" "$candle" bench --train --engine native,reference --device cuda \
            --structure "$structure" --batch 64 --threads "$threads" --case-seconds 4 --json
    done
    measured 30 reference "$candle" bench --structure "$ethanol" --structure examples/data/aspirin.xyz --weights "$weights" \
        --path reference --device cuda --compare fused --warmup 20 --calls 100 --json
else
    without "training on the GPU: $candle is no program with candle-cuda; validation/gpu/candle_cuda.sh builds one"
fi

if within 30 "$python" -c 'import torch, torchmdnet; assert torch.cuda.is_available()' >/dev/null 2>&1; then
    measured 45 torchmd-net "$python" validation/gpu/peer.py
else
    without "TorchMD-NET: $python cannot import it, or it sees no GPU"
fi

# What a child left, if it is whole.
json() {
    if [ -s "$output/$1.json" ] && "$python" -m json.tool "$output/$1.json" >/dev/null 2>&1; then
        cat "$output/$1.json"
    else
        echo null
    fi
}
listed() { [ ${#missing[@]} -eq 0 ] || printf '"%s",' "${missing[@]}" | sed 's/,$//'; }
{
    echo '{'
    echo "\"clocks_before\": \"$before\","
    echo "\"clocks_after\": \"$(clocks)\","
    echo "\"doctor\": $(json doctor),"
    echo "\"full_size\": $(json full-size),"
    echo "\"general\": $(json general),"
    echo "\"run_exit\": $run,"
    echo "\"run\": $(json run),"
    echo "\"gone_on_with_on_the_processor\": $(json gone-on),"
    echo "\"training_ethanol\": $(json training-rmd17_ethanol_1000),"
    echo "\"training_aspirin\": $(json training-aspirin),"
    echo "\"reference_on_the_gpu\": $(json reference),"
    echo "\"torchmd_net\": $(json torchmd-net),"
    echo "\"missing\": [$(listed)],"
    echo "\"seconds\": $SECONDS,"
    echo "\"passed\": $([ $failed -eq 0 ] && echo true || echo false)"
    echo '}'
} >"$output/gpu.json"
say "wrote $output/gpu.json after $SECONDS s"
exit $failed
