// The way back of `readout.cu`, from 1 = ∂E/∂e_i.

// A vector's share of the gradient by its length. Where it is 0 the length without ε has no derivative, and 0 is taken.
DEVICE float by_vector(const float* vectors, int row, int width, int c, float by_length) {
    const float size = smoothed(vectors, row / 3, width, c);
    return size > 0.0f ? vectors[row * width + c] * by_length / size : 0.0f;
}

// ∂E/∂[x; v1] of the second block.
KERNEL(PRODUCT_THREADS)
reverse_hide_second(const int* counts, const float* hidden, const float* weight, const float* matrix, float* g_inputs) {
    const int rows = counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<1, false>(
        rows, 0, HALF, matrix, 2 * HALF,
        [=](int row, int k) { return weight[k] * silu_slope(hidden[row * HALF + k]); },
        [=](int row, int column, const float* values) {
            each_column<1>(column, 2 * HALF, values,
                           [=](int c, float value) { g_inputs[row * 2 * HALF + c] = value; });
        });
}

// ∂E/∂(g ⊙ v2)
KERNEL(PRODUCT_THREADS)
reverse_gated(const int* counts, const float* second_vectors, const float* g_inputs, const float* matrix, float* g_gated) {
    const int rows = 3 * counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<1, false>(
        rows, 0, HALF, matrix, HALF,
        [=](int row, int k) {
            return by_vector(second_vectors, row, HALF, k, g_inputs[row / 3 * 2 * HALF + HALF + k]);
        },
        [=](int row, int column, const float* values) {
            each_column<1>(column, HALF, values, [=](int c, float value) { g_gated[row * HALF + c] = value; });
        });
}

// ∂E/∂hidden of the first block, by way of x and g.
KERNEL(PRODUCT_THREADS)
reverse_gates(const int* counts, const float* gates, const float* g_inputs, const float* g_gated, const float* vectors,
              const float* matrix, const float* hidden, float* g_hidden) {
    const int rows = counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<1, false>(
        rows, 0, 2 * HALF, matrix, CHANNELS,
        [=](int atom, int k) {
            if (k < HALF) return g_inputs[atom * 2 * HALF + k] * silu_slope(gates[atom * 2 * HALF + k]);
            float sum = 0.0f;
            for (int row = 3 * atom; row < 3 * atom + 3; ++row) {
                sum += g_gated[row * HALF + k - HALF] * vectors[row * FIRST_WIDTH + CHANNELS + k - HALF];
            }
            return sum;
        },
        [=](int row, int column, const float* values) {
            each_column<1>(column, CHANNELS, values, [=](int c, float value) {
                g_hidden[row * CHANNELS + c] = value * silu_slope(hidden[row * CHANNELS + c]);
            });
        });
}

// ∂E/∂vec, by way of W1 vec and W2 vec. `g_inputs` has rows [x; v1] of 2C.
KERNEL(PRODUCT_THREADS)
reverse_vectors(const int* counts, const float* vectors, const float* g_inputs, const float* g_gated, const float* gates,
                const float* matrix, float* g_vec) {
    const int rows = 3 * counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<1, false>(
        rows, 0, FIRST_WIDTH, matrix, CHANNELS,
        [=](int row, int k) {
            const int atom = row / 3;
            if (k < CHANNELS) return by_vector(vectors, row, FIRST_WIDTH, k, g_inputs[(atom * 2 + 1) * CHANNELS + k]);
            return g_gated[row * HALF + k - CHANNELS] * gates[atom * 2 * HALF + HALF + k - CHANNELS];
        },
        [=](int row, int column, const float* values) {
            each_column<1>(column, CHANNELS, values, [=](int c, float value) { g_vec[row * CHANNELS + c] = value; });
        });
}
