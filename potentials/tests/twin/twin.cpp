// Runs a plan of launches on the processor, with the kernels of src/oreo/cuda/kernels compiled by this compiler.
//
//   twin JOB ANSWER
//
// The job (numbers are 8 bytes, little endian) holds the constants, the size of the memory, its arrays, what is written into it,
// what is 0, the launches, and which bytes are the answer. Everything else begins as NaN, and what lies between the arrays must
// still be NaN in the end. Threads of a block and blocks of a launch take turns forwards, backwards, or in an order drawn from
// a seed; a kernel that is right gives the same bits every time.

#include "kernels.cpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string& problem) {
    std::fprintf(stderr, "%s\n", problem.c_str());
    std::exit(1);
}

struct Job {
    std::vector<unsigned char> bytes;
    size_t at = 0;

    const unsigned char* take(size_t count) {
        if (count > bytes.size() - at) fail("the job ends too early");
        at += count;
        return bytes.data() + at - count;
    }
    uint64_t number() {
        uint64_t value;
        std::memcpy(&value, take(8), 8);
        return value;
    }
    std::string text() {
        const size_t length = number();
        return std::string(reinterpret_cast<const char*>(take(length)), length);
    }
};

// Memory that is as well aligned as a device's.
struct Arena {
    std::vector<unsigned char> memory;
    unsigned char* start;
    size_t size;

    explicit Arena(size_t size) : memory(size + 256, 0xFF), size(size) {
        start = memory.data() + (256 - reinterpret_cast<uintptr_t>(memory.data()) % 256) % 256;
    }
    unsigned char* at(size_t offset, size_t length) {
        if (offset > size || length > size - offset) fail("outside of the arena");
        return start + offset;
    }
};

// As `Argument` in plan.rs.
enum Kind { FIXED, WORK, INT, DOUBLE };
struct Slot {
    Kind kind;
    uint64_t value;
};

struct Arenas {
    Arena fixed, work;
};

// What a parameter of type T is given, if it is of that kind.
template <class T>
T argument(const Slot& slot, Arenas& arenas) {
    if constexpr (std::is_pointer_v<T>) {
        if (slot.kind != FIXED && slot.kind != WORK) fail("a number where a pointer is expected");
        constexpr bool reads = std::is_const_v<std::remove_pointer_t<T>>;
        if (slot.kind == FIXED && !reads) fail("constants where a kernel writes");
        return reinterpret_cast<T>((slot.kind == FIXED ? arenas.fixed : arenas.work).at(slot.value, 0));
    } else if constexpr (std::is_same_v<T, int>) {
        if (slot.kind != INT) fail("no int where one is expected");
        return int(int64_t(slot.value));
    } else {
        static_assert(std::is_same_v<T, double>, "a parameter is a pointer, an int or a double");
        if (slot.kind != DOUBLE) fail("no double where one is expected");
        double value;
        std::memcpy(&value, &slot.value, 8);
        return value;
    }
}

struct Entry {
    int threads;
    std::function<std::function<void()>(const std::vector<Slot>&, Arenas&)> bind;
};

template <class... T, size_t... N>
std::function<void()> bound(void (*kernel)(T...), const std::vector<Slot>& slots, Arenas& arenas,
                            std::index_sequence<N...>) {
    return std::bind(kernel, argument<T>(slots[N], arenas)...);
}

template <class... T>
Entry entry(int threads, void (*kernel)(T...)) {
    return {threads, [=](const std::vector<Slot>& slots, Arenas& arenas) {
                if (slots.size() != sizeof...(T)) fail("another number of arguments");
                return bound(kernel, slots, arenas, std::index_sequence_for<T...>());
            }};
}

const std::map<std::string, Entry> KERNELS = {
    {"find_edges", entry(GEOMETRY_THREADS, find_edges)},
    {"sum_neighbors", entry(SUM_THREADS, sum_neighbors)},
    {"embed", entry(PRODUCT_THREADS, embed)},
    {"project", entry(PRODUCT_THREADS, project)},
    {"multiply_vectors", entry(PRODUCT_THREADS, multiply_vectors)},
    {"attend", entry(ATTENTION_THREADS, attend)},
    {"update", entry(PRODUCT_THREADS, update)},
    {"hide_first", entry(PRODUCT_THREADS, hide_first)},
    {"find_gates", entry(PRODUCT_THREADS, find_gates)},
    {"multiply_gated", entry(PRODUCT_THREADS, multiply_gated)},
    {"hide_second", entry(PRODUCT_THREADS, hide_second)},
    {"find_energies", entry(ENERGY_THREADS, find_energies)},
    {"reverse_hide_second", entry(PRODUCT_THREADS, reverse_hide_second)},
    {"reverse_gated", entry(PRODUCT_THREADS, reverse_gated)},
    {"reverse_gates", entry(PRODUCT_THREADS, reverse_gates)},
    {"reverse_multiply", entry(PRODUCT_THREADS, reverse_multiply)},
    {"reverse_vectors", entry(PRODUCT_THREADS, reverse_vectors)},
    {"reverse_norm", entry(NORM_THREADS, reverse_norm)},
    {"reverse_outputs", entry(PRODUCT_THREADS, reverse_outputs)},
    {"reverse_edges", entry(EDGE_THREADS, reverse_edges)},
    {"reverse_atoms", entry(ATTENTION_THREADS, reverse_atoms)},
    {"reverse_products", entry(PRODUCT_THREADS, reverse_products)},
    {"reverse_sum_neighbors", entry(EDGE_THREADS, reverse_sum_neighbors)},
    {"sum_forces", entry(FORCE_THREADS, sum_forces)},
    {"sum_molecules", entry(MOLECULE_THREADS, sum_molecules)},
};

// 0: forwards, 1: backwards, else drawn.
template <class Number>
void arrange(Number* order, int count, uint64_t seed) {
    for (int n = 0; n < count; ++n) order[n] = n;
    std::mt19937_64 generator(seed);
    if (seed == 1) std::reverse(order, order + count);
    if (seed > 1) std::shuffle(order, order + count, generator);
}

void launch(const std::string& kernel, const uint64_t* grid, int threads, const std::vector<Slot>& slots, Arenas& arenas,
            uint64_t seed) {
    const auto found = KERNELS.find(kernel);
    if (found == KERNELS.end()) fail("no kernel " + kernel);
    if (threads != found->second.threads) fail(kernel + ": another number of threads than declared");
    twin::threads = threads;
    arrange(twin::order, threads, seed);
    const auto run = found->second.bind(slots, arenas);
    const int blocks = int(grid[0] * grid[1] * grid[2]);
    std::vector<int> order(blocks);
    arrange(order.data(), blocks, seed);
    for (const int block : order) {
        twin::block[0] = block % int(grid[0]);
        twin::block[1] = block / int(grid[0]) % int(grid[1]);
        twin::block[2] = block / int(grid[0] * grid[1]);
        run();
    }
}

void run(Job& job, const char* answer) {
    const size_t constants = job.number();
    const unsigned char* weights = job.take(constants);
    Arenas arenas{Arena(constants), Arena(job.number())};
    std::memcpy(arenas.fixed.start, weights, constants);

    std::vector<bool> given(arenas.work.size, false);
    for (size_t count = job.number(); count > 0; --count) {
        const size_t offset = job.number(), length = job.number();
        arenas.work.at(offset, length);
        std::fill_n(given.begin() + long(offset), length, true);
    }
    for (size_t count = job.number(); count > 0; --count) {
        const size_t offset = job.number(), length = job.number();
        std::memcpy(arenas.work.at(offset, length), job.take(length), length);
    }
    for (size_t count = job.number(); count > 0; --count) {
        const size_t offset = job.number(), length = job.number();
        std::memset(arenas.work.at(offset, length), 0, length);
    }
    const uint64_t seed = job.number();
    for (size_t count = job.number(); count > 0; --count) {
        const std::string kernel = job.text();
        const uint64_t grid[3] = {job.number(), job.number(), job.number()};
        const int threads = int(job.number());
        std::vector<Slot> slots(job.number());
        for (Slot& slot : slots) {
            slot.kind = Kind(job.number());
            slot.value = job.number();
        }
        launch(kernel, grid, threads, slots, arenas, seed);
    }
    for (size_t byte = 0; byte < arenas.work.size; ++byte) {
        if (!given[byte] && arenas.work.start[byte] != 0xFF) fail("written between two arrays");
    }
    const size_t offset = job.number(), length = job.number();
    std::FILE* file = std::fopen(answer, "wb");
    if (!file || std::fwrite(arenas.work.at(offset, length), 1, length, file) != length || std::fclose(file)) {
        fail("cannot write the answer");
    }
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) fail("twin JOB ANSWER");
    Job job;
    std::FILE* file = std::fopen(words[1], "rb");
    if (!file) fail("cannot read the job");
    unsigned char part[65536];
    for (size_t size; (size = std::fread(part, 1, sizeof part, file)) > 0;) {
        job.bytes.insert(job.bytes.end(), part, part + size);
    }
    std::fclose(file);
    run(job, words[2]);
}
