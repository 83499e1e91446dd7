// An atom's first feature: n_i = Σ_j B(z_j) ⊙ D(r_ij), x_i = W_c [A(z_i); n_i] + b_c; no self loops here. What depends on the
// element alone is a table of the packed weights.

constexpr int EDGE_THREADS = CHANNELS < 256 ? (CHANNELS + 63) / 64 * 64 : 256;
constexpr int SUM_THREADS = 64;

// n_i: a block for each atom and 64 channels.
KERNEL(SUM_THREADS)
sum_neighbors(const int* counts, const int* first_edges, const int* active, const int* active_counts, const Edge* edges,
              const int* elements, const float* neighbors, const float* table, float* sums) {
    const int atom = BLOCK_X;
    if (atom >= counts[ATOMS]) return;
    EACH_THREAD(t) {
        const int channel = BLOCK_Y * SUM_THREADS + t;
        if (channel >= CHANNELS) continue;
        float sum = 0.0f;
        const int count = active_counts[atom];
        // Without the self loop.
        for (int n = 1; n < count; ++n) {
            const Edge edge = edges[active[first_edges[atom] + n]];
            const float filter = filter_value(table, edge, 1, 0, channel);
            sum += neighbors[elements[edge.sender] * CHANNELS + channel] * filter;
        }
        sums[atom * CHANNELS + channel] = sum;
    }
}

// x from n: `own` holds what the element gives.
KERNEL(PRODUCT_THREADS)
embed(const int* counts, const float* sums, const float* matrix, const int* elements, const float* own, float* x) {
    const int rows = counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<1, false>(
        rows, 0, CHANNELS, matrix, CHANNELS, [=](int row, int k) { return sums[row * CHANNELS + k]; },
        [=](int row, int column, const float* values) {
            each_column<1>(column, CHANNELS, values, [=](int c, float value) {
                x[row * CHANNELS + c] = value + own[elements[row] * CHANNELS + c];
            });
        });
}

// ∂E/∂t of an edge from ∂E/∂n: a block for each edge.
KERNEL(EDGE_THREADS)
reverse_sum_neighbors(const int* counts, const int* first_edges, const Link* links, const Edge* edges,
                      const int* elements, const float* neighbors, const float* table, const float* g_sums,
                      float* g_edges) {
    OWN(float, by_t, 1);
    SHARED float sum[1];
    const int e = BLOCK_X;
    if (e >= counts[EDGES]) return;
    const Edge edge = edges[e];
    const int receiver = links[e].receiver;
    if (edge.interval < 0 || is_self_loop(e, first_edges, links)) return;
    EACH_THREAD(t) {
        float own = 0.0f;
        for (int channel = t; channel < CHANNELS; channel += EDGE_THREADS) {
            const float slope = filter_with_slope(table, edge, 1, 0, channel).slope;
            own += g_sums[receiver * CHANNELS + channel] * neighbors[elements[edge.sender] * CHANNELS + channel] * slope;
        }
        by_t[OF(t)][0] = own;
    }
    sum_threads<float, 1, EDGE_THREADS>(by_t, sum);
    EACH_THREAD(t) {
        if (t == 0) g_edges[4 * e] += sum[0];
    }
}
