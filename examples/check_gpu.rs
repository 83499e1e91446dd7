//! The network on a GPU against the fast path on the processor: how far apart, and how long. Prints JSON; fails where forces
//! differ by more than 5e-6.
//!
//! `cargo run --release --example check_gpu [WEIGHTS [CALLS [SECONDS]]]`, or
//! `… --example check_gpu compile ARCHITECTURE` to compile the kernels of `WEIGHTS` into the cache for a machine that has a
//! driver but no NVRTC (e.g. `sm_90`; `OREO_CACHE` names the folder).
//!
//! Without WEIGHTS an untrained network of the size in the ET-OREO paper. A system is timed over CALLS calls (1000), or as many
//! as SECONDS (15) allow. Results come on stderr as they are found, and as JSON at the end. CK-15, of 360 atoms, is measured if
//! `OREO_SHARED` names the folder with it; two LAC1-15 have as many. `validation/gpu/check.sh` runs this and more.

use oreo::core::random::Generator;
use oreo::core::{Frame, NeighborList, NeighborRequest, Potential, Request, System, Vec3};
use oreo::formats::{read_structure, ReadOptions};
use oreo::potentials::oreo::cuda::device::{compile, survey, OreoCuda};
use oreo::potentials::oreo::cuda::Source;
use oreo::potentials::oreo::fused::{Options, OreoFused};
use oreo::potentials::oreo::{Config, Weights};
use serde_json::{json, Value};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Relative, root of the mean square: what a GPU may differ by.
const BAR: f64 = 5e-6;
/// Å: what makes copies of a molecule different ones.
const DISPLACEMENT: f64 = 0.03;
const WARM_UP: usize = 50;
const CALLS: usize = 1000;
/// For each system.
const SECONDS: f64 = 15.0;

/// One system of a batch with room for its answer.
struct Item {
    system: System,
    frame: Frame,
    neighbors: NeighborList,
    energy: f64,
    forces: Vec<Vec3>,
}

impl Item {
    fn new(frame: Frame, cutoff: f64) -> Result<Self, Box<dyn Error>> {
        let mut neighbors = NeighborList::new(NeighborRequest { cutoff }, oreo::DEFAULT_SKIN);
        neighbors.update(&frame.positions, &frame.cell)?;
        Ok(Self {
            system: System::new(frame.elements.clone()),
            forces: vec![Vec3::zeros(); frame.positions.len()],
            energy: 0.0,
            neighbors,
            frame,
        })
    }
}

fn evaluate(potential: &mut dyn Potential, items: &mut [Item]) -> Result<(), Box<dyn Error>> {
    let mut requests = Vec::with_capacity(items.len());
    for item in items {
        item.energy = 0.0;
        item.forces.fill(Vec3::zeros());
        requests.push(Request {
            system: &item.system,
            positions: &item.frame.positions,
            cell: &item.frame.cell,
            neighbors: item.neighbors.pairs(),
            energy: &mut item.energy,
            forces: &mut item.forces,
            virial: None,
        });
    }
    Ok(potential.evaluate(&mut requests)?)
}

fn forces(items: &[Item]) -> Vec<Vec3> {
    items.iter().flat_map(|item| item.forces.clone()).collect()
}

fn relative_error(found: &[Vec3], exact: &[Vec3]) -> f64 {
    let pairs = found.iter().zip(exact);
    let wrong: f64 = pairs.map(|(a, b)| (a - b).norm_squared()).sum();
    let size: f64 = exact.iter().map(|f| f.norm_squared()).sum();
    (wrong / size).sqrt()
}

/// Copies of some frames in turns, each with its own noise.
fn copies(frames: &[Frame], count: usize) -> Vec<Frame> {
    let mut generator = Generator::new(7, 0);
    let mut copy = |n: usize| {
        let mut frame = frames[n % frames.len()].clone();
        for position in &mut frame.positions {
            *position += DISPLACEMENT * Vec3::from_fn(|_, _| generator.normal());
        }
        frame
    };
    (0..count).map(&mut copy).collect()
}

/// Staggered ethane and water, of textbook bonds and angles.
fn small_molecules() -> Result<[Frame; 2], Box<dyn Error>> {
    let mut atoms = vec![("C", [0.0, 0.0, 0.765]), ("C", [0.0, 0.0, -0.765])];
    for n in 0..6 {
        let angle = std::f64::consts::FRAC_PI_3 * n as f64;
        let height = if n % 2 == 0 { 1.128 } else { -1.128 };
        atoms.push(("H", [1.028 * angle.cos(), 1.028 * angle.sin(), height]));
    }
    let water = [
        ("O", [0.0, 0.0, 0.0]),
        ("H", [0.957, 0.0, 0.0]),
        ("H", [-0.240, 0.927, 0.0]),
    ];
    let frame = |atoms: &[(&str, [f64; 3])]| -> Result<Frame, Box<dyn Error>> {
        let elements = atoms.iter().map(|(symbol, _)| symbol.parse());
        let positions = atoms.iter().map(|&(_, r)| Vec3::from(r)).collect();
        Ok(Frame::new(elements.collect::<Result<_, _>>()?, positions))
    };
    Ok([frame(&atoms)?, frame(&water)?])
}

/// Name and frames of one batch.
type Named = (String, Vec<Frame>);

/// Everything that is measured.
fn systems() -> Result<Vec<Named>, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = if root.is_dir() {
        root.to_path_buf()
    } else {
        PathBuf::from(".")
    };
    let read = |path: &Path| read_structure(path, 0, &ReadOptions::default());
    let data = root.join("examples/data");
    let ethanol = read(&data.join("rmd17_ethanol_1000.npz"))?;
    let aspirin = read(&data.join("aspirin.xyz"))?;
    let mut all = vec![
        ("ethanol".to_string(), vec![ethanol.clone()]),
        ("aspirin".to_string(), vec![aspirin.clone()]),
        (
            "64 ethanol".to_string(),
            copies(std::slice::from_ref(&ethanol), 64),
        ),
    ];
    let [ethane, water] = small_molecules()?;
    let mixed = copies(&[ethanol, aspirin, water, ethane], 64);
    all.push(("64 mixed".to_string(), mixed));
    let lactone = read(&data.join("lactone_15_loops.xyz"))?;
    let two = copies(std::slice::from_ref(&lactone), 2);
    all.push(("LAC1_L15".to_string(), vec![lactone]));
    all.push(("2 LAC1_L15".to_string(), two));
    let shared = std::env::var_os("OREO_SHARED").map(PathBuf::from);
    let polymer = shared.map(|folder| folder.join("data/polymers/CK_L15.extxyz.gz"));
    if let Some(polymer) = polymer.filter(|polymer| polymer.is_file()) {
        all.push(("CK_L15".to_string(), vec![read(&polymer)?]));
    }
    Ok(all)
}

/// Errors and times of one batch.
fn measure(
    gpu: &mut OreoCuda,
    cpu: &mut OreoFused,
    (name, frames): Named,
    cutoff: f64,
    (calls, budget): (usize, Duration),
) -> Result<Value, Box<dyn Error>> {
    let items = frames.into_iter().map(|frame| Item::new(frame, cutoff));
    let mut items = items.collect::<Result<Vec<_>, _>>()?;
    evaluate(cpu, &mut items)?;
    let (exact, energies) = (forces(&items), energies(&items));
    evaluate(gpu, &mut items)?;
    let found = forces(&items);
    let differences = energies
        .iter()
        .zip(&items)
        .map(|(e, item)| (e - item.energy).abs());
    let energy_error = differences.fold(0.0, f64::max);
    let mut repeats = true;
    let mut times = Vec::with_capacity(calls);
    let begun = Instant::now();
    for call in 0..WARM_UP + calls {
        let started = Instant::now();
        evaluate(gpu, &mut items)?;
        if call >= WARM_UP {
            times.push(1e3 * started.elapsed().as_secs_f64());
        }
        repeats &= forces(&items) == found;
        if begun.elapsed() > budget && !times.is_empty() {
            break;
        }
    }
    times.sort_by(f64::total_cmp);
    let error = relative_error(&found, &exact);
    eprintln!(
        "{name}: forces differ by {error:.1e}, {:.3} ms per call",
        times[times.len() / 2]
    );
    Ok(json!({
        "name": name,
        "calls": times.len(),
        "molecules": items.len(),
        "atoms": found.len(),
        "directed_pairs_listed": items.iter().map(|item| item.neighbors.pairs().len()).sum::<usize>(),
        "force_error": error,
        "energy_error_ev": energy_error,
        "same_bits_every_call": repeats,
        "ms_median": times[times.len() / 2],
        "ms_p99": times[times.len() * 99 / 100],
        "ms_min": times[0],
        "passed": error < BAR && repeats,
    }))
}

fn energies(items: &[Item]) -> Vec<f64> {
    items.iter().map(|item| item.energy).collect()
}

fn weights(path: Option<&str>) -> Result<Weights, Box<dyn Error>> {
    Ok(match path {
        Some(path) => Weights::load(path)?,
        None => Weights::random(Config::et_oreo(), 1),
    })
}

fn run() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |n: usize| words.get(n).map(String::as_str);
    if word(0) == Some("compile") {
        let architecture = word(1).ok_or("which architecture? e.g. sm_90")?;
        let code = compile(&Source::new(&weights(word(2))?.config), architecture)?;
        println!("{architecture}: {} bytes", code.len());
        return Ok(());
    }
    let weights = weights(word(0))?;
    let calls = word(1).map_or(Ok(CALLS), str::parse)?;
    let seconds = word(2).map_or(Ok(SECONDS), str::parse)?;
    let length = (calls, Duration::try_from_secs_f64(seconds)?);
    let facts = survey()?;
    let started = Instant::now();
    let mut gpu = OreoCuda::new(&weights, 0, false)?;
    let start = started.elapsed().as_secs_f64();
    let mut cpu = OreoFused::new(&weights, &Options::default())?;
    let cutoff = weights.config.cutoff_upper;
    let known = weights.elements();
    let mut results = Vec::new();
    for system in systems()? {
        if system
            .1
            .iter()
            .all(|frame| frame.elements.iter().all(|&e| known.contains(e)))
        {
            results.push(measure(&mut gpu, &mut cpu, system, cutoff, length)?);
        }
    }
    let passed = results.iter().all(|result| result["passed"] == true);
    let report = json!({
        "device": gpu.device(),
        "cuda_of_driver": facts.version.to_string(),
        "nvrtc": facts.compiler.map(|version| version.to_string()),
        "channels": weights.config.channels,
        "layers": weights.config.layers,
        "weights_sha256": weights.sha256,
        "seconds_to_start": start,
        "calls_at_most": calls,
        "warm_up_calls": WARM_UP,
        "systems": results,
        "passed": passed,
    });
    println!("{}", serde_json::to_string_pretty(&report)?);
    match passed {
        true => Ok(()),
        false => Err("forces differ from the processor's, or from call to call".into()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
