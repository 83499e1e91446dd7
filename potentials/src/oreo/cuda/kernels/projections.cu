// Products of a layer that go from the features of an atom to what attention works with, and their way back.

// q, k, s, b and a from LayerNorm(x).
KERNEL(PRODUCT_THREADS)
project(const int* counts, const float* x, const float* norm_weight, const float* norm_bias, const float* matrix,
        const float* bias, float* projections) {
    SHARED float means[ROWS], scales[ROWS];
    const int rows = counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    row_statistics(x, rows, means, scales);
    const int first_row = BLOCK_Y * ROWS;
    product<2, false>(
        rows, 0, CHANNELS, matrix, PARTS * CHANNELS,
        [=](int row, int k) {
            const float y = (x[row * CHANNELS + k] - means[row - first_row]) * scales[row - first_row];
            return y * norm_weight[k] + norm_bias[k];
        },
        [=](int row, int column, const float* values) {
            each_column<2>(column, PARTS * CHANNELS, values, [=](int c, float value) {
                projections[row * PARTS * CHANNELS + c] = value + bias[c];
            });
        });
}

// Some products of vectors, which have no bias: three rows for each atom.
KERNEL(PRODUCT_THREADS)
multiply_vectors(const int* counts, const float* vec, int inner, const float* matrix, int width, float* products) {
    const int rows = 3 * counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    product<2, false>(
        rows, 0, inner, matrix, width, [=](int row, int k) { return vec[row * inner + k]; },
        [=](int row, int column, const float* values) {
            each_column<2>(column, width, values, [=](int c, float value) { products[row * width + c] = value; });
        });
}

// Back through a product of features, a row for each atom. Block z takes `share` of the inner dimension and writes an array
// of its own, `part_size` numbers after the one before it; whoever reads them adds them up.
KERNEL(PRODUCT_THREADS)
reverse_multiply(const int* counts, const float* gradient, int inner, int share, const float* matrix, int width,
                 int part_size, float* parts) {
    const int rows = counts[ATOMS];
    if (BLOCK_Y * ROWS >= rows) return;
    const int first = BLOCK_Z * share, last = first + share < inner ? first + share : inner;
    float* out = parts + BLOCK_Z * part_size;
    product<1, false>(
        rows, first, last, matrix, width, [=](int row, int k) { return gradient[row * inner + k]; },
        [=](int row, int column, const float* values) {
            each_column<1>(column, width, values, [=](int c, float value) { out[row * width + c] = value; });
        });
}
