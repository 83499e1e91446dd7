// Layer normalisation, Ba, Kiros & Hinton 2016: y = (x − mean)/√(variance + ε), out = y ⊙ weight + bias. The way forward is
// part of the products that read it; its way back has a kernel of its own.

// As in the weights' origin.
constexpr float EPSILON = 1e-5f;
constexpr int NORM_THREADS = 128;

// Mean and 1/√(variance + ε) of a block's rows, by sixteen threads each; both SHARED, (ROWS). For PRODUCT_THREADS.
DEVICE void row_statistics(const float* x, int rows, float* means, float* scales) {
    constexpr int SHARE = PRODUCT_THREADS / ROWS;
    SHARED float partial[PRODUCT_THREADS];
    EACH_THREAD(t) {
        const int row = BLOCK_Y * ROWS + t / SHARE;
        float sum = 0.0f;
        if (row < rows) {
            for (int c = t % SHARE; c < CHANNELS; c += SHARE) sum += x[row * CHANNELS + c];
        }
        partial[t] = sum;
    }
    EACH_THREAD(t) {
        if (t >= ROWS) continue;
        float sum = 0.0f;
        for (int n = 0; n < SHARE; ++n) sum += partial[t * SHARE + n];
        means[t] = sum / CHANNELS;
    }
    EACH_THREAD(t) {
        const int row = BLOCK_Y * ROWS + t / SHARE;
        float squares = 0.0f;
        if (row < rows) {
            for (int c = t % SHARE; c < CHANNELS; c += SHARE) {
                const float centred = x[row * CHANNELS + c] - means[t / SHARE];
                squares += centred * centred;
            }
        }
        partial[t] = squares;
    }
    EACH_THREAD(t) {
        if (t >= ROWS) continue;
        float squares = 0.0f;
        for (int n = 0; n < SHARE; ++n) squares += partial[t * SHARE + n];
        scales[t] = 1.0f / sqrtf(squares / CHANNELS + EPSILON);
    }
}

// With g = ∂E/∂y: ∂E/∂x = (g − mean(g) − y mean(g ⊙ y)) / √(variance + ε), added to gx or put there. ∂E/∂out comes in
// `parts` arrays of rows that are `width` long. A block for each atom.
KERNEL(NORM_THREADS)
reverse_norm(const int* counts, const float* x, const float* weight, const float* g_out, int width, int parts,
             int part_size, int adds, float* gx) {
    OWN(float, own, 1);
    OWN(float, both, 2);
    SHARED float sum[1];
    SHARED float sums[2];
    SHARED float gradients[CHANNELS];
    const int atom = BLOCK_X;
    if (atom >= counts[ATOMS]) return;
    EACH_THREAD(t) {
        own[OF(t)][0] = 0.0f;
        for (int c = t; c < CHANNELS; c += NORM_THREADS) own[OF(t)][0] += x[atom * CHANNELS + c];
    }
    sum_threads<float, 1, NORM_THREADS>(own, sum);
    const float mean = sum[0] / CHANNELS;
    EACH_THREAD(t) {
        own[OF(t)][0] = 0.0f;
        for (int c = t; c < CHANNELS; c += NORM_THREADS) {
            const float centred = x[atom * CHANNELS + c] - mean;
            own[OF(t)][0] += centred * centred;
        }
    }
    sum_threads<float, 1, NORM_THREADS>(own, sum);
    const float scale = 1.0f / sqrtf(sum[0] / CHANNELS + EPSILON);
    EACH_THREAD(t) {
        both[OF(t)][0] = both[OF(t)][1] = 0.0f;
        for (int c = t; c < CHANNELS; c += NORM_THREADS) {
            float g = 0.0f;
            for (int part = 0; part < parts; ++part) g += g_out[part * part_size + atom * width + c];
            g *= weight[c];
            gradients[c] = g;
            both[OF(t)][0] += g;
            both[OF(t)][1] += g * (x[atom * CHANNELS + c] - mean) * scale;
        }
    }
    sum_threads<float, 2, NORM_THREADS>(both, sums);
    EACH_THREAD(t) {
        for (int c = t; c < CHANNELS; c += NORM_THREADS) {
            const float y = (x[atom * CHANNELS + c] - mean) * scale;
            const float g = (gradients[c] - sums[0] / CHANNELS - y * (sums[1] / CHANNELS)) * scale;
            gx[atom * CHANNELS + c] = adds ? gx[atom * CHANNELS + c] + g : g;
        }
    }
}
