// Matrix products of few rows: y = x M with x (rows, inner), M (inner, width) as it lies in memory, so that neighbouring
// threads read neighbouring numbers. A reverse product is the same with the transposed matrix.
//
// A block takes ROWS rows and 32 × COUNT columns. Its eight warps share the inner dimension: each adds up its slice of every
// chunk in registers, and in the end the eight sums are added in the order of the warps. So a molecule of nine atoms still
// keeps 256 threads of each block busy with reading weights, which is all that takes time there.

constexpr int ROWS = 16;
constexpr int LANES = 32;
constexpr int WARPS = 8;
constexpr int PRODUCT_THREADS = LANES * WARPS;
constexpr int CHUNK = 256;
// A row of the tile is longer than ROWS: fewer bank conflicts when it is written, still 16 bytes aligned when it is read.
constexpr int TILE_ROW = ROWS + 4;

// Inner dimension from `first` to `last`; `load(row, k)` gives x, `store(row, column, values)` takes COUNT results.
// COUPLED: a lane's columns are width/PARTS apart, for results that need each other; otherwise they are 32 apart.
template <int COUNT, bool COUPLED, class Load, class Store>
DEVICE void product(int rows, int first, int last, const float* matrix, int width, Load load, Store store) {
    alignas(16) SHARED float tile[CHUNK * TILE_ROW];
    SHARED float partial[WARPS * ROWS * LANES];
    OWN(float, sums, COUNT * ROWS);
    OWN(float, totals, COUNT * ROWS / WARPS);
    const int first_row = BLOCK_Y * ROWS;
    const int stride = COUPLED ? width / COUNT : LANES;
    const int first_column = BLOCK_X * (COUPLED ? LANES : LANES * COUNT);
    const int end = COUPLED ? stride : width;

    EACH_THREAD(t) {
#pragma unroll
        for (int n = 0; n < COUNT * ROWS; ++n) sums[OF(t)][n] = 0.0f;
    }
    for (int start = first; start < last; start += CHUNK) {
        const int size = last - start < CHUNK ? last - start : CHUNK;
        EACH_THREAD(t) {
            for (int n = t; n < ROWS * CHUNK; n += PRODUCT_THREADS) {
                const int k = n % CHUNK, row = n / CHUNK;
                if (k >= size) continue;
                tile[k * TILE_ROW + row] = first_row + row < rows ? load(first_row + row, start + k) : 0.0f;
            }
        }
        const int slice = (size + WARPS - 1) / WARPS;
        EACH_THREAD(t) {
            const int warp = t / LANES, column = first_column + t % LANES;
            const int stop = (warp + 1) * slice < size ? (warp + 1) * slice : size;
            // Beyond the last column another one is read and its sum forgotten.
            const float* weights = matrix + start * width + (column < end ? column : 0);
#pragma unroll 8
            for (int k = warp * slice; k < stop; ++k) {
                float x[ROWS];
#pragma unroll
                for (int row = 0; row < ROWS; row += 4) read_four(&tile[k * TILE_ROW + row], &x[row]);
#pragma unroll
                for (int part = 0; part < COUNT; ++part) {
                    const bool inside = COUPLED || column + part * stride < end;
                    const float weight = weights[k * width + (inside ? part * stride : 0)];
#pragma unroll
                    for (int row = 0; row < ROWS; ++row) sums[OF(t)][part * ROWS + row] += x[row] * weight;
                }
            }
        }
    }
    // Unrolled, or the sums would have no constant index and not stay in registers.
#pragma unroll
    for (int part = 0; part < COUNT; ++part) {
        EACH_THREAD(t) {
#pragma unroll
            for (int row = 0; row < ROWS; ++row) {
                partial[(t / LANES * ROWS + row) * LANES + t % LANES] = sums[OF(t)][part * ROWS + row];
            }
        }
        EACH_THREAD(t) {
#pragma unroll
            for (int n = 0; n < ROWS / WARPS; ++n) {
                const int row = t / LANES + n * WARPS;
                float total = 0.0f;
#pragma unroll
                for (int warp = 0; warp < WARPS; ++warp) total += partial[(warp * ROWS + row) * LANES + t % LANES];
                totals[OF(t)][part * (ROWS / WARPS) + n] = total;
            }
        }
    }
    EACH_THREAD(t) {
#pragma unroll
        for (int n = 0; n < ROWS / WARPS; ++n) {
            const int row = first_row + t / LANES + n * WARPS;
            float values[COUNT];
#pragma unroll
            for (int part = 0; part < COUNT; ++part) values[part] = totals[OF(t)][part * (ROWS / WARPS) + n];
            if (row < rows) store(row, first_column + t % LANES, values);
        }
    }
}

// Rows of a plain product's results: COUNT columns, 32 apart, those that exist.
template <int COUNT, class Put>
DEVICE void each_column(int column, int width, const float* values, Put put) {
#pragma unroll
    for (int part = 0; part < COUNT; ++part) {
        if (column + part * LANES < width) put(column + part * LANES, values[part]);
    }
}
