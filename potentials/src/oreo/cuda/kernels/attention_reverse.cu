// The way back of `attention.cu`: first edge by edge, then atom by atom. No sum of one block is added to by another, so
// the order of every sum is fixed.

// Gradients of an edge by its logits, its place t, its direction û and its cutoff c, given ∂E/∂x̂ and ∂E/∂v̂ of the receiver.
// A block for each edge.
KERNEL(EDGE_THREADS)
reverse_edges(const int* counts, const Link* links, const Edge* edges, const float* table, const float* projections,
              const float* vec, const float* logits, const float* g_x_hat, const float* g_v_hat, float* g_logits,
              float* g_edges, float* g_cutoffs) {
    SHARED float scalars[CHANNELS], scalar_slopes[CHANNELS];
    SHARED float weights[HEADS], g_l[HEADS], g_cutoff[HEADS];
    SHARED float totals[4];
    OWN(float, sums, 4);
    const int e = BLOCK_X;
    if (e >= counts[EDGES]) return;
    const Edge edge = edges[e];
    if (edge.interval < 0) return;
    const int receiver = links[e].receiver;
    const float* sent = projections + edge.sender * PARTS * CHANNELS;
    EACH_THREAD(t) {
        float* sum = sums[OF(t)];
        sum[0] = sum[1] = sum[2] = sum[3] = 0.0f;
        for (int c = t; c < CHANNELS; c += EDGE_THREADS) {
            const Filter scalar = filter_with_slope(table, edge, KINDS, OF_SCALAR, c);
            const Filter along = filter_with_slope(table, edge, KINDS, OF_ALONG, c);
            const Filter pass = filter_with_slope(table, edge, KINDS, OF_PASS, c);
            const float by_scalar = g_x_hat[receiver * CHANNELS + c] * sent[SCALAR * CHANNELS + c];
            scalars[c] = by_scalar * scalar.value;
            scalar_slopes[c] = by_scalar * scalar.slope;
            float along_unit = 0.0f, along_vec = 0.0f;
            for (int d = 0; d < 3; ++d) {
                const float g = g_v_hat[(3 * receiver + d) * CHANNELS + c];
                along_unit += edge.unit[d] * g;
                along_vec += vec[(3 * edge.sender + d) * CHANNELS + c] * g;
                sum[1 + d] += sent[ALONG * CHANNELS + c] * along.value * g;
            }
            sum[0] += sent[ALONG * CHANNELS + c] * along_unit * along.slope;
            sum[0] += sent[PASS * CHANNELS + c] * along_vec * pass.slope;
        }
    }
    EACH_THREAD(t) {
        for (int head = t; head < HEADS; head += EDGE_THREADS) {
            float by_weight = 0.0f;
            for (int c = head * HEAD_WIDTH; c < (head + 1) * HEAD_WIDTH; ++c) by_weight += scalars[c];
            const float logit = logits[e * HEADS + head];
            weights[head] = silu(logit) * edge.cutoff;
            g_cutoff[head] = by_weight * silu(logit);
            g_l[head] = by_weight * edge.cutoff * silu_slope(logit);
            g_logits[e * HEADS + head] = g_l[head];
        }
    }
    EACH_THREAD(t) {
        for (int c = t; c < CHANNELS; c += EDGE_THREADS) {
            const int head = c / HEAD_WIDTH;
            const float slope = filter_with_slope(table, edge, KINDS, OF_KEY, c).slope;
            const float query = projections[(receiver * PARTS + QUERY) * CHANNELS + c];
            sums[OF(t)][0] += weights[head] * scalar_slopes[c] + g_l[head] * query * sent[KEY * CHANNELS + c] * slope;
        }
    }
    sum_threads<float, 4, EDGE_THREADS>(sums, totals);
    EACH_THREAD(t) {
        if (t < 4) g_edges[4 * e + t] += totals[t];
        if (t == 0) {
            float sum = 0.0f;
            for (int head = 0; head < HEADS; ++head) sum += g_cutoff[head];
            g_cutoffs[e] += sum;
        }
    }
}

// Gradients of an atom by its projections and its vectors before the layer. What it sent went along the reverses of its own
// edges: the same distance, −û, and the logits of the other direction. Blocks as in `attend`.
KERNEL(ATTENTION_THREADS)
reverse_atoms(const int* counts, const int* first_edges, const int* active, const int* active_counts, const Edge* edges,
              const float* table, const float* projections, const float* vec, const float* logits, const float* g_logits,
              const float* g_x_hat, const float* g_v_hat, float* g_projections, float* g_vec) {
    OWN(float, sums, PARTS + 3);
    const int atom = BLOCK_X, first_channel = BLOCK_Y * GROUP;
    if (atom >= counts[ATOMS]) return;
    const int* own_edges = active + first_edges[atom];
    const int count = active_counts[atom];
    EACH_THREAD(t) {
        float* sum = sums[OF(t)];
        for (int n = 0; n < PARTS + 3; ++n) sum[n] = 0.0f;
        const int c = first_channel + t % GROUP, head = c / HEAD_WIDTH;
        const float own_pass = projections[(atom * PARTS + PASS) * CHANNELS + c];
        for (int n = t / GROUP; n < count; n += SHARES) {
            const int e = own_edges[n];
            const Edge edge = edges[e];
            const float key = filter_value(table, edge, KINDS, OF_KEY, c);
            const float scalar = filter_value(table, edge, KINDS, OF_SCALAR, c);
            const float along = filter_value(table, edge, KINDS, OF_ALONG, c);
            const float pass = filter_value(table, edge, KINDS, OF_PASS, c);
            const float* other = projections + edge.sender * PARTS * CHANNELS + c;
            const float sent_weight = silu(logits[edge.reverse * HEADS + head]) * edge.cutoff;
            sum[QUERY] += g_logits[e * HEADS + head] * other[KEY * CHANNELS] * key;
            sum[KEY] += g_logits[edge.reverse * HEADS + head] * other[QUERY * CHANNELS] * key;
            sum[SCALAR] += sent_weight * scalar * g_x_hat[edge.sender * CHANNELS + c];
            for (int d = 0; d < 3; ++d) {
                const float g = g_v_hat[(3 * edge.sender + d) * CHANNELS + c];
                sum[ALONG] -= edge.unit[d] * along * g;
                sum[PASS] += vec[(3 * atom + d) * CHANNELS + c] * pass * g;
                sum[PARTS + d] += own_pass * pass * g;
            }
        }
    }
    sum_shares<PARTS + 3>(sums, [=](int n, int c, float sum) {
        const int channel = first_channel + c;
        if (n < PARTS) {
            g_projections[(atom * PARTS + n) * CHANNELS + channel] = sum;
        } else {
            // Vectors also pass through the layer as they are.
            const int at = (3 * atom + n - PARTS) * CHANNELS + channel;
            g_vec[at] = g_v_hat[at] + sum;
        }
    });
}
