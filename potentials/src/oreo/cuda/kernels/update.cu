// How a layer changes the features of the atoms: x += d ⊙ o2 + o3, vec += v3 ⊙ o1 + v̂ with d = Σ_xyz v1 ⊙ v2,
// [o1 o2 o3] = W_o x̂ + b and [v1 v2 v3] = W_vec vec. Products have 3C numbers in a row.

// The product with W_o and what comes of it: a lane has o1, o2 and o3 of its channel.
KERNEL(PRODUCT_THREADS)
update(const int* counts, const float* x_hat, const float* matrix, const float* bias, const float* products,
       const float* v_hat, const float* x, const float* vec, float* outputs, float* next_x, float* next_vec) {
    const int rows = counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<3, true>(
        rows, 0, CHANNELS, matrix, 3 * CHANNELS, [=](int row, int k) { return x_hat[row * CHANNELS + k]; },
        [=](int atom, int c, const float* values) {
            if (c >= CHANNELS) return;
            float o[3];
            for (int part = 0; part < 3; ++part) {
                o[part] = values[part] + bias[part * CHANNELS + c];
                outputs[(atom * 3 + part) * CHANNELS + c] = o[part];
            }
            float d = 0.0f;
            for (int row = 3 * atom; row < 3 * atom + 3; ++row) {
                const float* v = products + row * 3 * CHANNELS + c;
                d += v[0] * v[CHANNELS];
                const int at = row * CHANNELS + c;
                next_vec[at] = vec[at] + v[2 * CHANNELS] * o[0] + v_hat[at];
            }
            next_x[atom * CHANNELS + c] = x[atom * CHANNELS + c] + d * o[1] + o[2];
        });
}

// ∂E/∂x̂: back through the update and the product with W_o. The gradients by o1, o2 and o3 are
// Σ_xyz ∂E/∂vec ⊙ v3, ∂E/∂x ⊙ d and ∂E/∂x.
KERNEL(PRODUCT_THREADS)
reverse_outputs(const int* counts, const float* gx, const float* g_vec, const float* products, const float* matrix,
                float* g_x_hat) {
    const int rows = counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<1, false>(
        rows, 0, 3 * CHANNELS, matrix, CHANNELS,
        [=](int atom, int k) {
            const int part = k / CHANNELS, c = k % CHANNELS;
            if (part == 2) return gx[atom * CHANNELS + c];
            float sum = 0.0f;
            for (int row = 3 * atom; row < 3 * atom + 3; ++row) {
                const float* v = products + row * 3 * CHANNELS + c;
                sum += part == 0 ? g_vec[row * CHANNELS + c] * v[2 * CHANNELS] : v[0] * v[CHANNELS];
            }
            return part == 0 ? sum : sum * gx[atom * CHANNELS + c];
        },
        [=](int row, int column, const float* values) {
            each_column<1>(column, CHANNELS, values,
                           [=](int c, float value) { g_x_hat[row * CHANNELS + c] = value; });
        });
}

// Added to ∂E/∂vec before the layer: back through the update and the product with W_vec. The gradients by v1, v2 and v3 are
// ∂E/∂x ⊙ o2 ⊙ v2, ∂E/∂x ⊙ o2 ⊙ v1 and ∂E/∂vec ⊙ o1.
KERNEL(PRODUCT_THREADS)
reverse_products(const int* counts, const float* gx, const float* g_vec, const float* products, const float* outputs,
                 const float* matrix, float* g_vec_before) {
    const int rows = 3 * counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<1, false>(
        rows, 0, 3 * CHANNELS, matrix, CHANNELS,
        [=](int row, int k) {
            const int part = k / CHANNELS, c = k % CHANNELS, atom = row / 3;
            const float* o = outputs + atom * 3 * CHANNELS + c;
            if (part == 2) return g_vec[row * CHANNELS + c] * o[0];
            const float other = products[(row * 3 + (1 - part)) * CHANNELS + c];
            return gx[atom * CHANNELS + c] * o[CHANNELS] * other;
        },
        [=](int row, int column, const float* values) {
            each_column<1>(column, CHANNELS, values,
                           [=](int c, float value) { g_vec_before[row * CHANNELS + c] += value; });
        });
}
