// From positions to edges, and from gradients by edges to forces. In f64, whatever the network computes in: f32 coordinates
// far from the origin would lose digits.

constexpr int GEOMETRY_THREADS = 128;
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

// A thread for each edge. Its gradients begin at 0 here.
KERNEL(GEOMETRY_THREADS)
find_edges(const int* counts, const int* first_edges, const Link* links, const double* shifts, const double* positions,
           const Spacing* spacing, Edge* edges, float* g_edges, float* g_cutoffs) {
    EACH_THREAD(t) {
        const int e = BLOCK_X * GEOMETRY_THREADS + t;
        if (e >= counts[EDGES]) continue;
        for (int n = 0; n < 4; ++n) g_edges[4 * e + n] = 0.0f;
        g_cutoffs[e] = 0.0f;
        // A self loop: the end of the last interval is r = 0.
        const int last = int(spacing->intervals) - 1;
        Edge edge = {1.0f, 1.0f, {0.0f, 0.0f, 0.0f}, last, links[e].sender, links[e].reverse};
        if (!is_self_loop(e, first_edges, links)) {
            double r[3];
            difference(e, links, shifts, positions, r);
            const double squared = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
            const double distance = sqrt(squared);
            edge.interval = -1;
            if (squared < spacing->cutoff * spacing->cutoff) {
                const Place at = place(distance, *spacing);
                edge.interval = at.interval;
                edge.t = float(at.t);
                // c(r) = ½ (cos(πr/r_c) + 1)
                const double cosine = cos(PI * distance / spacing->cutoff);
                edge.cutoff = spacing->cuts_values != 0.0 ? 1.0f : float(0.5 * (cosine + 1.0));
                for (int d = 0; d < 3; ++d) edge.unit[d] = float(r[d] / distance);
            }
        }
        edges[e] = edge;
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

// A block for each atom: F_i = Σ (∂E/∂r of what it receives along − ∂E/∂r of what it sends along), times `scale`.
KERNEL(FORCE_THREADS)
sum_forces(const int* counts, const int* first_edges, const Link* links, const double* shifts, const double* positions,
           const Spacing* spacing, const Edge* edges, const float* g_edges, const float* g_cutoffs, double scale,
           double* forces) {
    SHARED double parts[3 * FORCE_THREADS];
    const int atom = BLOCK_X;
    if (atom >= counts[ATOMS]) return;
    EACH_THREAD(t) {
        double force[3] = {0.0, 0.0, 0.0};
        for (int e = first_edges[atom] + 1 + t; e < first_edges[atom + 1]; e += FORCE_THREADS) {
            if (edges[e].interval < 0) continue;
            double r[3], opposite[3], received[3], sent[3];
            difference(e, links, shifts, positions, r);
            for (int d = 0; d < 3; ++d) opposite[d] = -r[d];
            edge_gradient(e, r, g_edges, g_cutoffs, *spacing, received);
            edge_gradient(links[e].reverse, opposite, g_edges, g_cutoffs, *spacing, sent);
            for (int d = 0; d < 3; ++d) force[d] += received[d] - sent[d];
        }
        for (int d = 0; d < 3; ++d) parts[d * FORCE_THREADS + t] = force[d];
    }
    EACH_THREAD(t) {
        if (t >= 3) continue;
        double sum = 0.0;
        for (int n = 0; n < FORCE_THREADS; ++n) sum += parts[t * FORCE_THREADS + n];
        forces[3 * atom + t] = scale * sum;
    }
}

// A block for each molecule: Σ e_i, and the virial W = −Σ r ⊗ ∂E/∂r over all edges, times `scale`.
KERNEL(MOLECULE_THREADS)
sum_molecules(const int* counts, const int* first_atoms, const int* first_edges, const Link* links, const double* shifts,
              const double* positions, const Spacing* spacing, const Edge* edges, const float* g_edges,
              const float* g_cutoffs, double scale, const float* atom_energies, double* energies, double* virials) {
    OWN(double, own, 10);
    SHARED double sums[10];
    const int molecule = BLOCK_X;
    if (molecule >= counts[MOLECULES]) return;
    const int first_atom = first_atoms[molecule], last_atom = first_atoms[molecule + 1];
    EACH_THREAD(t) {
        for (int n = 0; n < 10; ++n) own[OF(t)][n] = 0.0;
        for (int atom = first_atom + t; atom < last_atom; atom += MOLECULE_THREADS) {
            own[OF(t)][9] += atom_energies[atom];
        }
        for (int e = first_edges[first_atom] + t; e < first_edges[last_atom]; e += MOLECULE_THREADS) {
            if (edges[e].interval < 0 || is_self_loop(e, first_edges, links)) continue;
            double r[3], gradient[3];
            difference(e, links, shifts, positions, r);
            edge_gradient(e, r, g_edges, g_cutoffs, *spacing, gradient);
            for (int n = 0; n < 9; ++n) own[OF(t)][n] -= scale * r[n / 3] * gradient[n % 3];
        }
    }
    sum_threads<double, 10, MOLECULE_THREADS>(own, sums);
    EACH_THREAD(t) {
        if (t < 9) virials[9 * molecule + t] = sums[t];
        if (t == 9) energies[molecule] = sums[9];
    }
}
