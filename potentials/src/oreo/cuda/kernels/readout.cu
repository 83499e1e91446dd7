// The head: two gated equivariant blocks take (x, vec) to one number per atom. Schütt et al. 2021 (PaiNN), fig. 3.
//
// First block, C → C/2: v1 = ‖W1 vec‖, v2 = W2 vec, h = silu(U [x; v1] + b), [x, g] = V h + b, x = silu(x),
// vec = g ⊙ v2. Second block, C/2 → 1: the same without v2 and g, since vectors do not reach the energy.

// Numbers of W1 vec and W2 vec in a row of `vectors`.
constexpr int FIRST_WIDTH = CHANNELS + HALF;
constexpr int ENERGY_THREADS = 64;

// ε of the lengths of vectors.
constexpr float SMOOTHING = VECTOR_SMOOTHING;

// √(v² + ε²) over x, y, z of column `c`: three rows, `width` apart.
DEVICE float smoothed(const float* vectors, int atom, int width, int c) {
    const float* v = vectors + 3 * atom * width + c;
    return sqrtf(v[0] * v[0] + v[width] * v[width] + v[2 * width] * v[2 * width] + SMOOTHING * SMOOTHING);
}

DEVICE float length(const float* vectors, int atom, int width, int c) {
    return smoothed(vectors, atom, width, c) - SMOOTHING;
}

// The first block's U [x; v1] + b with x = LayerNorm(features).
KERNEL(PRODUCT_THREADS)
hide_first(const int* counts, const float* features, const float* norm_weight, const float* norm_bias,
           const float* vectors, const float* matrix, const float* bias, float* hidden) {
    SHARED float means[ROWS], scales[ROWS];
    const int rows = counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    row_statistics(features, rows, means, scales);
    const int first_row = BLOCK_Y * ROWS;
    product<1, false>(
        rows, 0, 2 * CHANNELS, matrix, CHANNELS,
        [=](int row, int k) {
            if (k >= CHANNELS) return length(vectors, row, FIRST_WIDTH, k - CHANNELS);
            const float y = (features[row * CHANNELS + k] - means[row - first_row]) * scales[row - first_row];
            return y * norm_weight[k] + norm_bias[k];
        },
        [=](int row, int column, const float* values) {
            each_column<1>(column, CHANNELS, values,
                           [=](int c, float value) { hidden[row * CHANNELS + c] = value + bias[c]; });
        });
}

// x before its silu, and g.
KERNEL(PRODUCT_THREADS)
find_gates(const int* counts, const float* hidden, const float* matrix, const float* bias, float* gates) {
    const int rows = counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<1, false>(
        rows, 0, CHANNELS, matrix, 2 * HALF, [=](int row, int k) { return silu(hidden[row * CHANNELS + k]); },
        [=](int row, int column, const float* values) {
            each_column<1>(column, 2 * HALF, values,
                           [=](int c, float value) { gates[row * 2 * HALF + c] = value + bias[c]; });
        });
}

// The second block's W1 (g ⊙ v2).
KERNEL(PRODUCT_THREADS)
multiply_gated(const int* counts, const float* gates, const float* vectors, const float* matrix, float* second_vectors) {
    const int rows = 3 * counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<1, false>(
        rows, 0, HALF, matrix, HALF,
        [=](int row, int k) { return gates[row / 3 * 2 * HALF + HALF + k] * vectors[row * FIRST_WIDTH + CHANNELS + k]; },
        [=](int row, int column, const float* values) {
            each_column<1>(column, HALF, values, [=](int c, float value) { second_vectors[row * HALF + c] = value; });
        });
}

// The second block's U [x; v1] + b.
KERNEL(PRODUCT_THREADS)
hide_second(const int* counts, const float* gates, const float* second_vectors, const float* matrix, const float* bias,
            float* hidden) {
    const int rows = counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<1, false>(
        rows, 0, 2 * HALF, matrix, HALF,
        [=](int row, int k) {
            return k < HALF ? silu(gates[row * 2 * HALF + k]) : length(second_vectors, row, HALF, k - HALF);
        },
        [=](int row, int column, const float* values) {
            each_column<1>(column, HALF, values, [=](int c, float value) { hidden[row * HALF + c] = value + bias[c]; });
        });
}

// e_i = w · silu(hidden) + b, a block for each atom.
KERNEL(ENERGY_THREADS)
find_energies(const int* counts, const float* hidden, const float* weight, const float* bias, float* energies) {
    OWN(float, own, 1);
    SHARED float sum[1];
    const int atom = BLOCK_X;
    if (atom >= counts[ATOMS]) return;
    EACH_THREAD(t) {
        own[OF(t)][0] = 0.0f;
        for (int c = t; c < HALF; c += ENERGY_THREADS) own[OF(t)][0] += weight[c] * silu(hidden[atom * HALF + c]);
    }
    sum_threads<float, 1, ENERGY_THREADS>(own, sum);
    EACH_THREAD(t) {
        if (t == 0) energies[atom] = sum[0] + bias[0];
    }
}
