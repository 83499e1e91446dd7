// From positions to edges, and from gradients by edges to forces. In f64, whatever the network computes in: f32 coordinates
// far from the origin would lose digits.

constexpr int GEOMETRY_THREADS = 64;
constexpr int FORCE_THREADS = 32;
constexpr int MOLECULE_THREADS = 160;

// An edge of the batch's list, which changes only when the neighbour list does.
struct Link {
    int receiver, sender;
    // The edge in the other direction.
    int reverse;
};

// What distances are held against; the intervals of the tables are where `fused/filters/spacing.rs` puts them: even in
// ξ(r) = exp(−αr) + λ (1 − r/r_c), from `start` = ξ(r_c) in steps of `width`.
struct Spacing {
    // r_c, Å
    double cutoff;
    // 1/Å
    double alpha;
    // λ
    double linear;
    double start, width;
    double intervals;
    // 1 where the cutoff acts on the values, not on the attention.
    double cuts_values;
};

struct Place {
    int interval;
    double t;
    // dt/dr, 1/Å
    double slope;
};

DEVICE Place place(double r, const Spacing& spacing) {
    const int intervals = int(spacing.intervals);
    const double decay = exp(-spacing.alpha * r);
    const double xi = decay + spacing.linear * (1.0 - r / spacing.cutoff);
    const double places = (xi - spacing.start) / spacing.width;
    // Not below 0 or beyond the last, whatever rounding does at the ends.
    int interval = places > 0.0 ? int(places) : 0;
    interval = interval < intervals ? interval : intervals - 1;
    const double slope = -spacing.alpha * decay - spacing.linear / spacing.cutoff;
    return {interval, 2.0 * (places - interval) - 1.0, 2.0 * slope / spacing.width};
}

// r_j + shift − r_i, seen from the edge's receiver. Both directions of a pair take the same difference, so that their
// distances agree to the last bit and both are on the same side of the cutoff.
DEVICE void difference(int e, const Link* links, const double* shifts, const double* positions, double* r) {
    const int reverse = links[e].reverse;
    const int named = reverse < e ? reverse : e;
    const double sign = reverse < e ? -1.0 : 1.0;
    for (int d = 0; d < 3; ++d) {
        const double here = positions[3 * links[named].receiver + d], there = positions[3 * links[named].sender + d];
        r[d] = sign * (there - here + shifts[3 * named + d]);
    }
}

DEVICE bool is_self_loop(int e, const int* first_edges, const Link* links) { return e == first_edges[links[e].receiver]; }

// An edge within the cutoff, or one that does nothing.
DEVICE Edge edge_between(int e, const Link* links, const double* shifts, const double* positions, const Spacing& spacing) {
    Edge edge = {0.0f, 0.0f, {0.0f, 0.0f, 0.0f}, -1, links[e].sender, links[e].reverse};
    double r[3];
    difference(e, links, shifts, positions, r);
    const double squared = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
    if (!(squared < spacing.cutoff * spacing.cutoff)) return edge;
    const double distance = sqrt(squared);
    const Place at = place(distance, spacing);
    edge.interval = at.interval;
    edge.t = float(at.t);
    // c(r) = ½ (cos(πr/r_c) + 1)
    const double cosine = cos(PI * distance / spacing.cutoff);
    edge.cutoff = spacing.cuts_values != 0.0 ? 1.0f : float(0.5 * (cosine + 1.0));
    for (int d = 0; d < 3; ++d) edge.unit[d] = float(r[d] / distance);
    return edge;
}

// A block for each atom: its edges, whose gradients begin at 0, and which of them are within the cutoff, in their order:
// `active` from the atom's first edge on, `active_counts` of them. Whoever shares edges among threads shares those, so that
// no sum depends on how far the neighbour list reaches. The self loop is always the first.
KERNEL(GEOMETRY_THREADS)
find_edges(const int* counts, const int* first_edges, const Link* links, const double* shifts, const double* positions,
           const Spacing* spacing, Edge* edges, int* active, int* active_counts, float* g_edges, float* g_cutoffs) {
    SHARED int inside[GEOMETRY_THREADS];
    SHARED int found[1];
    const int atom = BLOCK_X;
    if (atom >= counts[ATOMS]) return;
    const int begin = first_edges[atom], end = first_edges[atom + 1];
    EACH_THREAD(t) {
        if (t == 0) found[0] = 0;
    }
    for (int start = begin; start < end; start += GEOMETRY_THREADS) {
        EACH_THREAD(t) {
            const int e = start + t;
            inside[t] = 0;
            if (e >= end) continue;
            // The end of the last interval is r = 0.
            Edge edge = {1.0f, 1.0f, {0.0f, 0.0f, 0.0f}, int(spacing->intervals) - 1, links[e].sender, links[e].reverse};
            if (e != begin) edge = edge_between(e, links, shifts, positions, *spacing);
            edges[e] = edge;
            inside[t] = edge.interval >= 0;
            for (int n = 0; n < 4; ++n) g_edges[4 * e + n] = 0.0f;
            g_cutoffs[e] = 0.0f;
        }
        EACH_THREAD(t) {
            if (!inside[t]) continue;
            int place = begin + found[0];
            for (int other = 0; other < t; ++other) place += inside[other];
            active[place] = start + t;
        }
        EACH_THREAD(t) {
            if (t != 0) continue;
            for (int other = 0; other < GEOMETRY_THREADS; ++other) found[0] += inside[other];
        }
    }
    EACH_THREAD(t) {
        if (t == 0) active_counts[atom] = found[0];
    }
}

// ∂E/∂r of an edge's r = r_j − r_i, from ∂E/∂t, ∂E/∂c and ∂E/∂û with dû = (1 − û ûᵀ) dr / r.
DEVICE void edge_gradient(int e, const double* r, const float* g_edges, const float* g_cutoffs, const Spacing& spacing,
                          double* gradient) {
    const double distance = sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
    double radial = double(g_edges[4 * e]) * place(distance, spacing).slope;
    if (spacing.cuts_values == 0.0) {
        const double frequency = PI / spacing.cutoff;
        radial += double(g_cutoffs[e]) * (-0.5 * frequency * sin(frequency * distance));
    }
    double along = 0.0;
    for (int d = 0; d < 3; ++d) along += double(g_edges[4 * e + 1 + d]) * (r[d] / distance);
    for (int d = 0; d < 3; ++d) {
        const double unit = r[d] / distance;
        gradient[d] = unit * radial + (double(g_edges[4 * e + 1 + d]) - unit * along) / distance;
    }
}

// Force and virial of an atom.
constexpr int ATOM_SUMS = 12;

// A block for each atom: F_i = Σ (∂E/∂r of what it receives along − ∂E/∂r of what it sends along), and its share of the
// virial W = −Σ r ⊗ ∂E/∂r over what it receives along; both times `scale`.
KERNEL(FORCE_THREADS)
sum_forces(const int* counts, const int* first_edges, const int* active, const int* active_counts, const Link* links,
           const double* shifts, const double* positions, const Spacing* spacing, const float* g_edges,
           const float* g_cutoffs, double scale, double* forces, double* atom_virials) {
    SHARED double parts[ATOM_SUMS * FORCE_THREADS];
    const int atom = BLOCK_X;
    if (atom >= counts[ATOMS]) return;
    EACH_THREAD(t) {
        double sums[ATOM_SUMS] = {};
        const int count = active_counts[atom];
        // Without the self loop.
        for (int n = 1 + t; n < count; n += FORCE_THREADS) {
            const int e = active[first_edges[atom] + n];
            double r[3], opposite[3], received[3], sent[3];
            difference(e, links, shifts, positions, r);
            for (int d = 0; d < 3; ++d) opposite[d] = -r[d];
            edge_gradient(e, r, g_edges, g_cutoffs, *spacing, received);
            edge_gradient(links[e].reverse, opposite, g_edges, g_cutoffs, *spacing, sent);
            for (int d = 0; d < 3; ++d) sums[d] += received[d] - sent[d];
            for (int at = 0; at < 9; ++at) sums[3 + at] -= r[at / 3] * received[at % 3];
        }
        for (int n = 0; n < ATOM_SUMS; ++n) parts[n * FORCE_THREADS + t] = sums[n];
    }
    EACH_THREAD(t) {
        if (t >= ATOM_SUMS) continue;
        double sum = 0.0;
        for (int other = 0; other < FORCE_THREADS; ++other) sum += parts[t * FORCE_THREADS + other];
        double* place = t < 3 ? forces + 3 * atom + t : atom_virials + 9 * atom + t - 3;
        *place = scale * sum;
    }
}

// A block for each molecule: Σ e_i, and the virial.
KERNEL(MOLECULE_THREADS)
sum_molecules(const int* counts, const int* first_atoms, const float* atom_energies, const double* atom_virials,
              double* energies, double* virials) {
    OWN(double, own, 10);
    SHARED double sums[10];
    const int molecule = BLOCK_X;
    if (molecule >= counts[MOLECULES]) return;
    EACH_THREAD(t) {
        for (int n = 0; n < 10; ++n) own[OF(t)][n] = 0.0;
        for (int atom = first_atoms[molecule] + t; atom < first_atoms[molecule + 1]; atom += MOLECULE_THREADS) {
            for (int n = 0; n < 9; ++n) own[OF(t)][n] += atom_virials[9 * atom + n];
            own[OF(t)][9] += atom_energies[atom];
        }
    }
    sum_threads<double, 10, MOLECULE_THREADS>(own, sums);
    EACH_THREAD(t) {
        if (t < 9) virials[9 * molecule + t] = sums[t];
        if (t == 9) energies[molecule] = sums[9];
    }
}
