// One source, two compilers. NVRTC makes GPU kernels of these files; any C++17 compiler makes a program of them that
// computes the same on the processor, block after block and thread after thread, so that index maps, tiles and formulas are
// tested where there is no GPU.
//
// A kernel is written in phases: what stands in EACH_THREAD(t) is done by every thread of the block, then all wait for each
// other. Threads of one phase must not read what others write in it; the twin runs them in several orders to see that they
// don't. What a thread keeps from phase to phase is OWN, what a block shares is SHARED. Code outside phases must be the same
// for all threads of a block.
//
// The network's sizes are constants of the translation unit: CHANNELS (C), HEADS, and GROUP_HEADS, how many heads a block of
// `attention.cu` takes.

#ifdef __CUDACC__

#define KERNEL(threads) extern "C" __global__ void __launch_bounds__(threads)
#define DEVICE __device__ __forceinline__
#define SHARED __shared__
#define EACH_THREAD(t) for (int t = threadIdx.x, phase = 1; phase; phase = 0, (void)t, __syncthreads())
#define OWN(type, name, count) type name[1][count]
#define OF(t) (t & 0)
// Four numbers at once, 16 bytes aligned.
DEVICE void read_four(const float* from, float* to) {
    const float4 four = *reinterpret_cast<const float4*>(from);
    to[0] = four.x, to[1] = four.y, to[2] = four.z, to[3] = four.w;
}
#define BLOCK_X int(blockIdx.x)
#define BLOCK_Y int(blockIdx.y)
#define BLOCK_Z int(blockIdx.z)

#else

#include <cmath>

namespace twin {
// Which block runs, how many threads it has, and in which order they take turns.
inline int block[3], threads, order[1025];
}  // namespace twin

#define KERNEL(count) static_assert((count) <= 1024, "threads of a block"); static void
#define DEVICE static inline
#define SHARED static
#define EACH_THREAD(t) for (int turn = 0, t = twin::order[0]; turn < twin::threads; t = twin::order[++turn])
#define OWN(type, name, count) static type name[1024][count]
#define OF(t) (t)
static inline void read_four(const float* from, float* to) {
    for (int n = 0; n < 4; ++n) to[n] = from[n];
}
#define BLOCK_X twin::block[0]
#define BLOCK_Y twin::block[1]
#define BLOCK_Z twin::block[2]

#endif

constexpr double PI = 3.14159265358979323846;
// Width of a head.
constexpr int HEAD_WIDTH = CHANNELS / HEADS;
// C/2, the width of the head's second block.
constexpr int HALF = CHANNELS / 2;

// What `counts` holds: how much of the memory is in use.
enum { MOLECULES, ATOMS, EDGES };

// Parts of an atom's projections, C numbers each: query, key, and the values that make scalars, vectors along û, and vectors
// from vectors.
enum { QUERY, KEY, SCALAR, ALONG, PASS, PARTS };

// Atom `edge.sender` as its receiver sees it. The first edge of each atom is its self loop: r = 0, û = 0, c = 1.
struct Edge {
    // Place in the interval of the tables, −1 to 1.
    float t;
    // What the attention is multiplied with: c(r), or 1 where the cutoff acts on the values.
    float cutoff;
    // û from the receiver to the sender.
    float unit[3];
    // Of the tables; −1 beyond the cutoff, where an edge does nothing.
    int interval;
    int sender;
    // The edge in the other direction.
    int reverse;
};

// σ(x) = 1/(1 + exp(−x)).
DEVICE float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

DEVICE float silu(float x) { return x * sigmoid(x); }

// dsilu/dx
DEVICE float silu_slope(float x) {
    const float s = sigmoid(x);
    return s * (1.0f + x * (1.0f - s));
}

// Sums over the threads of a block: first by 16 threads, then by one, always in the same order. `sums` is SHARED.
template <class Number, int COUNT, int THREADS>
DEVICE void sum_threads(Number (*own)[COUNT], Number* sums) {
    static_assert(THREADS >= 16 * COUNT, "a thread for each partial sum");
    SHARED Number all[COUNT * THREADS];
    SHARED Number some[COUNT * 16];
    EACH_THREAD(t) {
        for (int n = 0; n < COUNT; ++n) all[n * THREADS + t] = own[OF(t)][n];
    }
    EACH_THREAD(t) {
        if (t >= COUNT * 16) continue;
        Number sum = 0;
        for (int other = t % 16; other < THREADS; other += 16) sum += all[t / 16 * THREADS + other];
        some[t] = sum;
    }
    EACH_THREAD(t) {
        if (t >= COUNT) continue;
        Number sum = 0;
        for (int part = 0; part < 16; ++part) sum += some[t * 16 + part];
        sums[t] = sum;
    }
}
