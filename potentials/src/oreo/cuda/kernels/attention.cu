// What an atom hears from the others in a layer, Thölke & De Fabritiis 2022, §2.2: for atom i that receives from j
//   l_ij = Σ_head q_i k_j D^k, a_ij = silu(l_ij) c;  x̂_i = Σ_j a_ij s_j D^s;  v̂_i = Σ_j vec_j ⊙ (a_j D^a) + û ⊗ (b_j D^b).
//
// A block takes an atom and whole heads of about 64 channels; several groups of threads share the atom's edges, ROUND of
// them between two barriers.

// Channels of a block.
constexpr int GROUP = GROUP_HEADS * HEAD_WIDTH;
// Edges at the same time.
constexpr int SHARES = GROUP < 256 ? 256 / GROUP : 1;
constexpr int ATTENTION_THREADS = GROUP * SHARES;
constexpr int ROUND = 2 * SHARES;

// Adds up what the threads of a channel have and gives it to `put(number, channel of the group, sum)`.
template <int COUNT, class Put>
DEVICE void sum_shares(float (*own)[COUNT], Put put) {
    SHARED float all[COUNT * ATTENTION_THREADS];
    EACH_THREAD(t) {
        for (int n = 0; n < COUNT; ++n) all[n * ATTENTION_THREADS + t] = own[OF(t)][n];
    }
    EACH_THREAD(t) {
        for (int m = t; m < COUNT * GROUP; m += ATTENTION_THREADS) {
            const int n = m / GROUP, c = m % GROUP;
            float sum = 0.0f;
            for (int share = 0; share < SHARES; ++share) sum += all[n * ATTENTION_THREADS + share * GROUP + c];
            put(n, c, sum);
        }
    }
}

KERNEL(ATTENTION_THREADS)
attend(const int* counts, const int* first_edges, const int* active, const int* active_counts, const Edge* edges,
       const float* table, const float* projections, const float* vec, float* logits, float* x_hat, float* v_hat) {
    SHARED float products[ROUND * GROUP];
    SHARED float weights[ROUND * GROUP_HEADS];
    OWN(float, sums, 4);
    const int atom = BLOCK_X, first_channel = BLOCK_Y * GROUP, first_head = BLOCK_Y * GROUP_HEADS;
    if (atom >= counts[ATOMS]) return;
    const int* own_edges = active + first_edges[atom];
    const int end = active_counts[atom];
    EACH_THREAD(t) {
        for (int n = 0; n < 4; ++n) sums[OF(t)][n] = 0.0f;
    }
    for (int start = 0; start < end; start += ROUND) {
        const int count = end - start < ROUND ? end - start : ROUND;
        EACH_THREAD(t) {
            const int c = first_channel + t % GROUP;
            const float query = projections[(atom * PARTS + QUERY) * CHANNELS + c];
            for (int n = t / GROUP; n < count; n += SHARES) {
                const Edge edge = edges[own_edges[start + n]];
                const float key = projections[(edge.sender * PARTS + KEY) * CHANNELS + c];
                products[n * GROUP + t % GROUP] = query * key * filter_value(table, edge, KINDS, OF_KEY, c);
            }
        }
        EACH_THREAD(t) {
            for (int m = t; m < count * GROUP_HEADS; m += ATTENTION_THREADS) {
                const int n = m / GROUP_HEADS, head = m % GROUP_HEADS, e = own_edges[start + n];
                float logit = 0.0f;
                for (int c = 0; c < HEAD_WIDTH; ++c) logit += products[n * GROUP + head * HEAD_WIDTH + c];
                logits[e * HEADS + first_head + head] = logit;
                weights[m] = silu(logit) * edges[e].cutoff;
            }
        }
        EACH_THREAD(t) {
            const int c = first_channel + t % GROUP;
            for (int n = t / GROUP; n < count; n += SHARES) {
                const Edge edge = edges[own_edges[start + n]];
                const float* sent = projections + edge.sender * PARTS * CHANNELS + c;
                const float weight = weights[n * GROUP_HEADS + t % GROUP / HEAD_WIDTH];
                const float scalar = sent[SCALAR * CHANNELS] * filter_value(table, edge, KINDS, OF_SCALAR, c);
                const float along = sent[ALONG * CHANNELS] * filter_value(table, edge, KINDS, OF_ALONG, c);
                const float pass = sent[PASS * CHANNELS] * filter_value(table, edge, KINDS, OF_PASS, c);
                sums[OF(t)][0] += weight * scalar;
                for (int d = 0; d < 3; ++d) {
                    const float vec_j = vec[(3 * edge.sender + d) * CHANNELS + c];
                    sums[OF(t)][1 + d] += vec_j * pass + edge.unit[d] * along;
                }
            }
        }
    }
    sum_shares<4>(sums, [=](int n, int c, float sum) {
        if (n == 0) x_hat[atom * CHANNELS + first_channel + c] = sum;
        if (n > 0) v_hat[(3 * atom + n - 1) * CHANNELS + first_channel + c] = sum;
    });
}
