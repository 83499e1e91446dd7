#!/usr/bin/env bash
# Builds oreo with the feature `candle-cuda`: the reference, and the trainer with it, on an NVIDIA GPU through candle.
#
#   validation/gpu/candle_cuda.sh [FOLDER [CARGO ARGUMENTS]]
#
# FOLDER (default target/candle-cuda) gets everything; the program is FOLDER/release/oreo. CARGO ARGUMENTS replace
# `build --release --bin oreo --features candle-cuda`. An installed toolkit is taken (nvcc on the PATH, or $CUDA_HOME/bin/nvcc); without one,
# nvcc and the libraries of CUDA 13.0 are fetched from PyPI into FOLDER/venv (1.3 GB; they ask for driver 580 or later). Nothing
# is installed outside of FOLDER. No GPU and no driver are needed to build. Kernels are for $CUDA_COMPUTE_CAP, else the GPU
# here, else 80: 8.0 and everything later.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-target/candle-cuda}
[ $# -gt 0 ] && shift
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

say() { printf '%s\n' "$*" >&2; }

# The folder of a toolkit that is already here; nothing if there is none.
installed() {
    local nvcc
    for nvcc in "${CUDA_HOME:-}/bin/nvcc" "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
        if [ -x "$nvcc" ]; then
            dirname "$(dirname "$(readlink -f "$nvcc")")"
            return
        fi
    done
}

# nvcc and libraries out of wheels, which lack the names that a linker asks for.
fetched() {
    local library
    if ! compgen -G "$folder/venv/lib/python3*/site-packages/nvidia/cu13/bin/nvcc" >/dev/null; then
        say "fetching nvcc and the libraries of CUDA 13.0 from PyPI"
        python3 -m venv "$folder/venv"
        "$folder/venv/bin/pip" install -q --no-cache-dir nvidia-cuda-{nvcc,runtime,cccl,crt,nvrtc}'==13.0.*' \
            'nvidia-nvvm==13.0.*' 'nvidia-cublas==13.0.*' 'nvidia-curand==10.4.*' >&2
    fi
    cd "$folder"/venv/lib/python3*/site-packages/nvidia/cu13
    for library in cudart cublas cublasLt curand nvrtc; do
        ln -sf "$(cd lib && ls "lib$library".so.[0-9]* | head -n 1)" "lib/lib$library.so"
    done
    ln -sfn lib lib64
    pwd
}

# The linker wants a libcuda.so, which comes with a toolkit or a driver. Its stand-in here has the names that cudarc knows, and
# each answers CUDA_ERROR_STUB_LIBRARY (34). The soname is the driver's: only the driver's own library is loaded at run time,
# unless somebody puts this folder into LD_LIBRARY_PATH.
stand_in() {
    local cudarc
    mkdir -p "$folder/stub"
    cudarc=$(cargo metadata --format-version 1 --features candle-cuda |
        python3 -c 'import json, sys
print(next(p["manifest_path"] for p in json.load(sys.stdin)["packages"] if p["name"] == "cudarc"))')
    {
        # A caller prints what this points to.
        echo 'int cuGetErrorName(int e, const char **s) { *s = "CUDA_ERROR_STUB_LIBRARY"; return 0; }'
        echo 'int cuGetErrorString(int e, const char **s) { *s = "this libcuda is a stand-in for the linker"; return 0; }'
        grep -oh 'fn cu[A-Z][A-Za-z0-9_]*' "$(dirname "$cudarc")/src/driver/sys/mod.rs" | sort -u | sed 's/^fn //' |
            grep -vx 'cuGetErrorName\|cuGetErrorString' | sed 's/.*/int &(void) { return 34; }/'
    } >"$folder/stub/cuda.c"
    gcc -shared -fPIC -Wl,-soname,libcuda.so.1 -o "$folder/stub/libcuda.so" "$folder/stub/cuda.c"
    ln -sf libcuda.so "$folder/stub/libcuda.so.1"
}

toolkit=$(installed)
[ -n "$toolkit" ] || toolkit=$(fetched)
libraries=$toolkit/lib64
if [ ! -e "$libraries/stubs/libcuda.so" ]; then
    stand_in
    export LIBRARY_PATH="$folder/stub${LIBRARY_PATH:+:$LIBRARY_PATH}"
fi
if [ -z "${CUDA_COMPUTE_CAP:-}" ]; then
    CUDA_COMPUTE_CAP=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d .) || true
fi
export CUDA_COMPUTE_CAP="${CUDA_COMPUTE_CAP:-80}"
say "toolkit $toolkit, kernels for compute capability $CUDA_COMPUTE_CAP"

export CUDA_HOME="$toolkit" CUDA_PATH="$toolkit" CUDA_ROOT="$toolkit" CUDA_TOOLKIT_ROOT_DIR="$toolkit"
export NVCC="$toolkit/bin/nvcc" PATH="$toolkit/bin:$PATH" LIBRARY_PATH="$libraries${LIBRARY_PATH:+:$LIBRARY_PATH}"
# So that the program finds these libraries without LD_LIBRARY_PATH.
export RUSTFLAGS="${RUSTFLAGS:-} -C link-arg=-Wl,-rpath,$libraries"
export CARGO_TARGET_DIR="$folder"
[ $# -gt 0 ] || set -- build --release --bin oreo --features candle-cuda
cargo "$@"
say "done: $folder"
