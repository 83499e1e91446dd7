//! Runs the kernels for GPUs on the processor: the same sources, compiled by the system's C++ compiler (the environment
//! variable `CXX`, else `c++`), and the same plan of launches. See `twin.cpp`.
#![allow(dead_code, missing_docs)]

use oreo_core::{Capabilities, NeighborRequest, Potential, PotentialError, Request};
use oreo_potentials::oreo::cuda::{Argument, Batch, Capacity, Constants, Launch, Plan, Source};
use oreo_potentials::oreo::Weights;
use std::ffi::OsString;
use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// A program for networks of one shape.
pub struct Program {
    folder: TempDir,
}

/// Faults of memory and of arithmetic end the program.
pub const WATCHED: [&str; 3] = [
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-O1",
];
pub const FAST: [&str; 1] = ["-O2"];

impl Program {
    /// `None`, and one line of output, where there is no compiler (or none that knows the flags).
    pub fn build(source: &Source, flags: &[&str]) -> Option<Self> {
        Self::build_text(source, &source.text(), flags)
    }

    /// The same with kernels that a test has changed.
    pub fn build_text(source: &Source, text: &str, flags: &[&str]) -> Option<Self> {
        let compiler = std::env::var_os("CXX").unwrap_or_else(|| OsString::from("c++"));
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        fs::write(folder.path().join("kernels.cpp"), text).unwrap();
        fs::write(folder.path().join("twin.cpp"), include_str!("twin.cpp")).unwrap();
        let macros = source.macros();
        let output = Command::new(&compiler)
            .current_dir(folder.path())
            .args(["-std=c++17", "-Wall", "-Wextra", "-Wno-unknown-pragmas"])
            .args(flags)
            .args(macros.map(|(name, value)| format!("-D{name}={value}")))
            .args(["twin.cpp", "-o", "twin"])
            .output();
        let Ok(output) = output else {
            println!("skipped: no C++ compiler {}", compiler.display());
            return None;
        };
        let messages = String::from_utf8_lossy(&output.stderr);
        let unknown = ["sanitize", "cannot find -l", "unrecognized"];
        if !output.status.success() && unknown.iter().any(|word| messages.contains(word)) {
            println!("skipped: {} does not know {flags:?}", compiler.display());
            return None;
        }
        assert!(output.status.success(), "{messages}");
        assert!(
            messages.is_empty(),
            "the kernels compile with warnings: {messages}"
        );
        Some(Self { folder })
    }

    /// The bytes of the results, or what went wrong. Several tests may ask one program at the same time.
    fn run(&self, job: &[u8]) -> Result<Vec<u8>, String> {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let number = RUNS.fetch_add(1, Ordering::Relaxed);
        let at = |name: &str| self.folder.path().join(name);
        let [input, output] = ["job", "answer"].map(|name| at(&format!("{name}{number}")));
        let program = at("twin");
        fs::write(&input, job).unwrap();
        let run = Command::new(program)
            .args([&input, &output])
            .output()
            .unwrap();
        fs::remove_file(input).unwrap();
        if !run.status.success() {
            return Err(String::from_utf8_lossy(&run.stderr).into_owned());
        }
        let answer = fs::read(&output).unwrap();
        fs::remove_file(output).unwrap();
        Ok(answer)
    }
}

/// A network on the twin.
pub struct Twin<'a> {
    program: &'a Program,
    constants: Constants,
    capabilities: Capabilities,
    /// 0: threads and blocks forwards, 1: backwards, else in an order drawn from it.
    pub seed: u64,
    /// Memory for larger batches than are asked for.
    pub spare: Capacity,
}

impl<'a> Twin<'a> {
    /// Tables as the fast path has them.
    pub fn new(program: &'a Program, weights: &Weights) -> Self {
        Self {
            program,
            constants: constants(weights),
            capabilities: Capabilities {
                name: "twin".into(),
                precision: "f32",
                neighbors: Some(NeighborRequest {
                    cutoff: weights.config.cutoff_upper,
                }),
                elements: weights.elements(),
                virial: true,
                periodic: true,
                atoms_per_call: None,
            },
            seed: 0,
            spare: Capacity::default(),
        }
    }

    pub fn constants(&self) -> &Constants {
        &self.constants
    }
}

/// As exact as the fast path in f32 is by default.
pub fn constants(weights: &Weights) -> Constants {
    Constants::new(weights, 3e-6).unwrap()
}

impl Potential for Twin<'_> {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    fn evaluate(&mut self, requests: &mut [Request<'_>]) -> Result<(), PotentialError> {
        for request in requests.iter() {
            self.capabilities.check(request.system, request.cell)?;
        }
        let mut batch = Batch::default();
        batch.fill(requests)?;
        let (size, spare) = (batch.size(), self.spare);
        let capacity = Capacity {
            molecules: size.molecules + spare.molecules,
            atoms: size.atoms + spare.atoms,
            edges: size.edges + spare.edges,
        };
        let plan = Plan::new(&self.constants, capacity)?;
        let job = job(&self.constants, &plan, &batch, self.seed);
        let answer = self
            .program
            .run(&job)
            .map_err(|message| PotentialError::Backend {
                potential: "twin".into(),
                message,
            })?;
        batch.add_results(&self.constants, &plan.memory, &answer, requests);
        Ok(())
    }
}

#[derive(Default)]
struct Job(Vec<u8>);

impl Job {
    fn numbers(&mut self, numbers: &[usize]) {
        let bytes = numbers.iter().flat_map(|&n| (n as u64).to_le_bytes());
        self.0.extend(bytes);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.numbers(&[bytes.len()]);
        self.0.extend(bytes);
    }

    fn launch(&mut self, launch: &Launch) {
        self.bytes(launch.kernel.as_bytes());
        self.numbers(&launch.grid.map(|blocks| blocks as usize));
        self.numbers(&[launch.threads as usize, launch.arguments.len()]);
        for argument in &launch.arguments {
            let (kind, value) = match *argument {
                Argument::Fixed(place) => (0, place.0.offset as u64),
                Argument::Work(place) => (1, place.0.offset as u64),
                Argument::Int(number) => (2, i64::from(number) as u64),
                Argument::Double(number) => (3, number.to_bits()),
            };
            self.numbers(&[kind]);
            self.0.extend(value.to_le_bytes());
        }
    }
}

fn job(constants: &Constants, plan: &Plan, batch: &Batch, seed: u64) -> Vec<u8> {
    let memory = &plan.memory;
    let mut job = Job::default();
    job.bytes(constants.bytes());
    job.numbers(&[memory.bytes(), memory.regions().len()]);
    for region in memory.regions() {
        job.numbers(&[region.offset, region.bytes]);
    }
    let mut uploads = batch.uploads(memory);
    let (place, positions) = batch.positions(memory);
    uploads.push((place, positions.to_vec()));
    job.numbers(&[uploads.len()]);
    for (place, bytes) in &uploads {
        job.numbers(&[*place]);
        job.bytes(bytes);
    }
    job.numbers(&[memory.zeros().len()]);
    for region in memory.zeros() {
        job.numbers(&[region.offset, region.bytes]);
    }
    job.numbers(&[seed as usize, plan.launches.len()]);
    plan.launches.iter().for_each(|launch| job.launch(launch));
    let results = memory.results();
    job.numbers(&[results.offset, results.bytes]);
    job.0
}
