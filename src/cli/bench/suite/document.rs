//! PERFORMANCE.md from `bench.json`: every number in it is one of the record, or computed here from some of them.

use super::record::{Case, Compared, Conditions, Mode, Record};
use super::PLOT;
use crate::cli::markdown::{number, percent, section};

/// A step between sizes for the growth of cost: shorter ones say more about the noise than about the cost.
const LEAST_STEP: f64 = 1.5;

/// What is not in any record yet: conditions before numbers.
const GPU: &str = "\
## On a GPU

**Nothing has been measured.** This suite is of the processor, and what is written for GPUs has never run on one (`docs/GPU.md`). On a machine with an NVIDIA GPU and its driver,

```
validation/gpu/check.sh
```

measures in less than 8 minutes what stands below, and writes it to `gpu-check/gpu.json`, with the name of the card, its driver, clocks, temperature and power before and after, as they were found; nothing is locked or set.

- One call for energies and forces: median, 99th percentile and minimum of 1,000 calls after 50 to warm up (fewer if 15 s do not suffice), by the clock of the caller, positions in and forces out included, f32. Ethanol, aspirin, 64 ethanols and 64 mixed molecules in one call, polyester rings of 180 atoms and of 360 in all. A network of the size in the ET-OREO paper, untrained, and the built-in one.
- On the same structures the relative force error against the fast path on the processor, and whether all calls gave the same bits.
- 100,000 steps of ethanol with output, and a few more on the processor from their checkpoint.
- Steps of training in batches of 64: the reference engine on the GPU against the native one on the processor, if there is a program with candle-cuda.
- TorchMD-NET on the same card, if Python can import it there.
";

/// The whole document.
pub fn of(record: &Record) -> String {
    let conditions = &record.conditions;
    let sections = [
        head(conditions),
        conditions_table(conditions),
        counted_work(conditions),
        sizes(&record.sizes),
        growth(&record.sizes),
        replicas(&record.replicas),
        threads(&record.threads),
        modes(record),
        comparisons(record),
        skipped(&record.skipped),
        GPU.into(),
    ];
    let there = sections.into_iter().filter(|section| !section.is_empty());
    there.collect::<Vec<_>>().join("\n")
}

fn head(conditions: &Conditions) -> String {
    format!(
        "# Performance\n\n\
         Time of one call of the network for energies and forces, {} path, {} where a table does not say otherwise. \
         Written from `bench.json` by `oreo bench --render`; measured by `oreo bench --suite`, which repeats it on \
         another machine:\n\n\
         ```\n\
         oreo bench --suite performance --weights {}\n\
         ```\n\n\
         The minimum is what the code needs when nothing disturbs it; the median says how much something did. Ratios are \
         of minima.\n",
        conditions.path, conditions.mode, conditions.network.weights
    )
}

fn conditions_table(conditions: &Conditions) -> String {
    let network = &conditions.network;
    let load = |value: Option<f64>| value.map_or("not known".into(), |load| load.to_string());
    let peak = &conditions.peak;
    let rows = [
        ["program", &format!("{}, {}", conditions.program, conditions.date)],
        [
            "processor",
            &format!(
                "{}, {} threads at once",
                conditions.processor.as_deref().unwrap_or("not named"),
                conditions.cores
            ),
        ],
        ["instructions of the fast path", &conditions.instruction_set],
        [
            "peak of one core",
            &format!(
                "{} GFLOP/s with {} (before {}, after {}): {}",
                number(peak.gflops),
                peak.instruction_set,
                number(peak.before_gflops),
                number(peak.after_gflops),
                conditions.peak_method
            ),
        ],
        [
            "load average",
            &format!(
                "{} before, {} after (the suite itself is in it)",
                load(conditions.load_average_before),
                load(conditions.load_average_after)
            ),
        ],
        [
            "network",
            &format!(
                "{}: {} channels, {} layers, {} heads, {} radial functions, cutoff {} Å, {} parameters",
                conditions.potential,
                network.channels,
                network.layers,
                network.heads,
                network.radial_functions,
                network.cutoff_a,
                network.parameters
            ),
        ],
        [
            "agreement",
            conditions.self_test.as_deref().unwrap_or("the reference itself"),
        ],
        ["weights", &format!("`{}`, SHA-256 `{}`", network.weights, network.sha256)],
        [
            "calls",
            &format!(
                "as many as fit in {} s, at least {}, the first of each block not timed; none that were expected to take \
                 longer than {} ms; what a ratio compares took turns",
                conditions.case_seconds, conditions.fewest_calls, conditions.longest_call_ms
            ),
        ],
    ];
    let rows = rows.map(|row| row.map(String::from).to_vec());
    section("Conditions", "", &["", ""], rows)
}

/// The formulas are those of `flops`.
fn counted_work(conditions: &Conditions) -> String {
    let network = &conditions.network;
    let (c, l) = (network.channels, network.layers);
    format!(
        "## Counted work and floor\n\n\
         A multiplication and an addition are one operation each; energy and forces, that is forward and reverse.\n\n\
         - nodes, matrix products: 4·(C² + 5C² + 17C²·(L − 1) + 8.75C² + C/2) per atom = {} MFLOP for C = {c} channels, \
         L = {l} layers. Multiply-adds forward, of the neighbour embedding (the half of its matrix that no table of elements \
         replaces), the first layer (where vectors are zero), each other one, and the head; times 2 operations, times 2 for \
         the gradient\n\
         - edges, both directions, filters interpolated from a table of degree five: C·(37 + 182 + 258·(L − 1)) per undirected pair \
         within {} Å = {} MFLOP. Neighbour embedding, first layer, each other one; operations, gradient included\n\n\
         Term by term they stand in `src/cli/bench/flops.rs`. \
         The **floor** is this work at the peak of the cores used, in f32. What is done beside it (norms, activations, \
         cutoff functions, lists) is not counted, nor what an implementation does twice: the reference path multiplies \
         filters out as matrices and does more than is counted. All paths and precisions are held against the same count \
         and the same f32 peak.\n",
        number(network.mflop_per_atom),
        network.cutoff_a,
        number(network.mflop_per_pair),
    )
}

fn sizes(cases: &[Case]) -> String {
    let row = |case: &Case| {
        vec![
            case.atoms.to_string(),
            case.name.clone(),
            case.pairs.to_string(),
            number(case.work.mflop_nodes),
            number(case.work.mflop_edges),
            number(case.ms.min),
            number(case.ms.median),
            number(case.work.floor_ms),
            percent(case.fraction_of_peak),
            number(1e3 * case.ms.min / case.atoms as f64),
        ]
    };
    let text = format!(
        "![Time against atoms]({PLOT}.svg)\n\n\
         One molecule, one thread. Molecules where there is one of that size; otherwise balls of those of H, C, N, O that the network knows, cut from a \
         jittered lattice at the density of an organic liquid (0.09 atoms/Å3, no two closer than 1.2 Å), because speed \
         depends on how many neighbours atoms have and not on whether the molecule exists.\n\n"
    );
    let head = [
        "atoms",
        "structure",
        "pairs",
        "MFLOP, nodes",
        "MFLOP, edges",
        "ms, min",
        "ms, median",
        "floor, ms",
        "of peak",
        "µs per atom",
    ];
    section("Size", &text, &head, cases.iter().map(row))
}

/// Exponents between sizes that are far enough apart.
fn growth(cases: &[Case]) -> String {
    let mut steps: Vec<[&Case; 2]> = Vec::new();
    let mut from = cases.first();
    for case in cases {
        if let Some(last) = from.filter(|last| case.atoms as f64 >= LEAST_STEP * last.atoms as f64)
        {
            steps.push([last, case]);
            from = Some(case);
        }
    }
    let row = |[from, to]: &[&Case; 2]| {
        vec![
            format!("{} → {}", from.atoms, to.atoms),
            exponent([from.atoms, to.atoms], [from.ms.min, to.ms.min]),
            exponent([from.pairs, to.pairs], [from.ms.min, to.ms.min]),
            exponent(
                [from.atoms, to.atoms],
                [from.work.floor_ms, to.work.floor_ms],
            ),
        ]
    };
    let text = "Time grows as atoms to the power of x between two sizes: below one while a call costs something by \
                itself, above one while the pairs of an atom still increase, one where both are settled.\n\n";
    let head = ["atoms", "x, atoms", "x, pairs", "x of the floor, atoms"];
    section("Growth of the cost", text, &head, steps.iter().map(row))
}

/// log(t₂/t₁) / log(n₂/n₁)
fn exponent(sizes: [usize; 2], times: [f64; 2]) -> String {
    let growth = (sizes[1] as f64 / sizes[0] as f64).ln();
    match sizes[0] > 0 && growth > 0.0 {
        true => format!("{:.2}", (times[1] / times[0]).ln() / growth),
        false => "–".into(),
    }
}

fn replicas(cases: &[Case]) -> String {
    let each = |case: &Case| case.ms.min / f64::from(case.replicas);
    let one = cases.first().map_or(f64::NAN, each);
    let row = |case: &Case| {
        vec![
            case.replicas.to_string(),
            number(case.ms.min),
            number(each(case)),
            format!("{:.2}", each(case) / one),
            percent(case.fraction_of_peak),
        ]
    };
    let text = cases.first().map_or(String::new(), |case| {
        let (name, atoms) = (&case.name, case.atoms);
        format!("Copies of {name} ({atoms} atoms) in one call, one thread.\n\n")
    });
    let head = [
        "replicas",
        "ms per call",
        "ms per replica",
        "relative to one",
        "of peak",
    ];
    section("Replicas", &text, &head, cases.iter().map(row))
}

fn threads(cases: &[Case]) -> String {
    let alone = |case: &Case| find(cases, &case.name, case.replicas, 1);
    let row = |case: &Case| {
        vec![
            format!("{} × {}", case.name, case.replicas),
            case.threads.to_string(),
            number(case.ms.min),
            number(case.ms.median),
            alone(case).map_or("–".into(), |one| {
                format!("{:.2}", one.ms.min / case.ms.min)
            }),
            throughput(cases, case),
            percent(case.fraction_of_peak),
        ]
    };
    let mut ordered: Vec<&Case> = cases.iter().collect();
    ordered.sort_by_key(|case| (case.atoms, case.replicas, case.threads));
    let head = [
        "structure",
        "threads",
        "ms, min",
        "ms, median",
        "speed-up",
        "throughput",
        "of peak",
    ];
    let note = "Speed-up: against the same copies on one thread. Throughput: against one copy on one thread, copies \
                computed in the same time.\n\n";
    section("Threads", note, &head, ordered.into_iter().map(row))
}

/// Copies computed in the time of one on one thread.
fn throughput(cases: &[Case], case: &Case) -> String {
    find(cases, &case.name, 1, 1).map_or("–".into(), |one| {
        let ratio = f64::from(case.replicas) * one.ms.min / case.ms.min;
        format!("{ratio:.2}×")
    })
}

fn find<'a>(cases: &'a [Case], name: &str, replicas: u32, threads: u32) -> Option<&'a Case> {
    let fits = |case: &&Case| (case.replicas, case.threads) == (replicas, threads);
    cases.iter().filter(fits).find(|case| case.name == name)
}

fn modes(record: &Record) -> String {
    let usual = |name: &str| {
        let mut modes = record.modes.iter();
        modes.find(|one| one.mode == record.conditions.mode && one.case.name == name)
    };
    let deviation = |value: Option<f64>| value.map_or("–".into(), |value| format!("{value:.1e}"));
    let row = |one: &Mode| {
        let relative = usual(&one.case.name).map_or("–".into(), |usual| {
            format!("{:.2}", one.case.ms.min / usual.case.ms.min)
        });
        vec![
            one.case.name.clone(),
            one.mode.clone(),
            number(one.case.ms.min),
            number(one.case.ms.median),
            relative,
            deviation(one.force_relative_rms),
            deviation(one.energy_deviation_ev_per_atom),
        ]
    };
    let text = format!(
        "One molecule, one thread; time relative to {}. Deviations are from f64 with exact filters and the weights of the file; f16-weights rounds its matrices, which is most of its deviation unless the file is rounded already. Filters are interpolated from a table (fused path) unless exact.\n\n",
        record.conditions.mode
    );
    let head = [
        "structure",
        "mode",
        "ms, min",
        "ms, median",
        "relative",
        "force, relative rms",
        "energy, eV per atom",
    ];
    let mut ordered: Vec<_> = record.modes.iter().collect();
    ordered.sort_by_key(|one| one.case.atoms);
    section(
        "Precision and filters",
        &text,
        &head,
        ordered.into_iter().map(row),
    )
}

fn comparisons(record: &Record) -> String {
    let Some(first) = record.comparisons.first() else {
        return String::new();
    };
    let (mine, other) = (&record.conditions.path, &first.compare.path);
    let row = |pair: &Compared| {
        let (case, compare) = (&pair.case, &pair.compare);
        vec![
            case.name.clone(),
            format!("{} / {}", number(case.ms.min), number(case.ms.median)),
            format!("{} / {}", number(compare.ms.min), number(compare.ms.median)),
            format!("{:.1}", compare.speedup),
            format!("{:.1}", compare.speedup_median),
            format!("{:.1e}", compare.force_relative_rms),
            format!("{:.1e}", compare.force_max_deviation_ev_per_a),
            format!("{:.1e}", compare.energy_deviation_ev),
        ]
    };
    let text = format!(
        "{mine} in {} against {other} in {}, one thread each, timed in turns in the same run; ms as minimum / median.\n\n",
        record.conditions.mode, first.compare.precision
    );
    let (mine, other) = (format!("{mine}, ms"), format!("{other}, ms"));
    let head = [
        "structure",
        &mine,
        &other,
        "times as fast",
        "by medians",
        "force, relative rms",
        "force, largest, eV/Å",
        "energy, eV",
    ];
    section(
        "Against the other path",
        &text,
        &head,
        record.comparisons.iter().map(row),
    )
}

fn skipped(lines: &[String]) -> String {
    match lines.is_empty() {
        true => String::new(),
        false => format!("## Not measured\n\n- {}\n", lines.join("\n- ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_by_hand() {
        assert_eq!(exponent([10, 20], [1.0, 4.0]), "2.00");
        assert_eq!(exponent([0, 20], [1.0, 4.0]), "–");
        assert_eq!(exponent([20, 20], [1.0, 4.0]), "–");
    }
}
