//! `oreo doctor`: what this machine has, what this build can use of it, and whether it computes what it should. Reads
//! files of the system, loads no driver, writes nothing.

use crate::cli::bench::memory::{kibibytes, size};
use crate::cli::bench::self_test::{self, SelfTest};
use crate::cli::exit::Outcome;
use crate::cli::{limit_threads, output};
use anyhow::Result;
use oreo_potentials::oreo::fused::InstructionSet;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};

/// Prints the report; a self-test that fails is an exit code of 1.
pub fn main(json: bool) -> Result<Outcome> {
    limit_threads(1);
    let report = Report::of_this_machine()?;
    match json {
        true => output::print_json(&report)?,
        false => output::print(&report.to_string())?,
    }
    Ok(report.outcome())
}

/// Everything that is found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Of this program.
    pub version: &'static str,
    /// Architecture and system.
    pub platform: String,
    /// Processor.
    pub cpu: Cpu,
    /// Bytes; `None` where the system does not say.
    pub memory_bytes: Option<u64>,
    /// Bytes that programs can still take.
    pub memory_available_bytes: Option<u64>,
    /// GPU.
    pub cuda: Cuda,
    /// The implementation of the network that `--path auto` takes.
    pub path: &'static str,
    /// All implementations of this build.
    pub paths: Vec<&'static str>,
    /// What the fast path computes with.
    pub simd: Simd,
    /// File formats of this build.
    pub formats: Formats,
    /// Does the network compute what it should.
    pub self_test: SelfTest,
}

/// The processor.
#[derive(Debug, Serialize)]
pub struct Cpu {
    /// As the system names it.
    pub name: Option<String>,
    /// SIMD instruction sets that matter here.
    pub features: Vec<&'static str>,
    /// Threads that can run at once.
    pub threads_available: usize,
    /// Without `--threads`.
    pub threads_default: usize,
}

/// Vector instructions of the fast path.
#[derive(Debug, Serialize)]
pub struct Simd {
    /// `portable`, `avx2` or `avx512`
    pub used: &'static str,
    /// All that this processor has, from slow to fast.
    pub available: Vec<&'static str>,
    /// The environment variable `OREO_SIMD`, if it is set.
    pub asked_for: Option<String>,
}

/// NVIDIA driver and devices.
#[derive(Debug, Serialize)]
pub struct Cuda {
    /// Whether this build can compute on a GPU.
    pub in_this_build: bool,
    /// Whether the reference and the trainer can, too.
    pub candle_in_this_build: bool,
    /// Version of the kernel driver.
    pub driver: Option<String>,
    /// The library that programs load.
    pub library: Option<PathBuf>,
    /// Model names.
    pub devices: Vec<String>,
    /// In one sentence: used, or why not.
    pub verdict: String,
    /// What the driver itself says, or why it cannot be asked; `None` in a build without CUDA.
    pub answer: Option<String>,
}

/// What can be read and written.
#[derive(Debug, Serialize)]
pub struct Formats {
    /// Structures, trajectories and data sets that this build reads.
    pub reads: Vec<&'static str>,
    /// Trajectories that this build writes.
    pub writes: Vec<&'static str>,
    /// Networks that this build reads.
    pub weights: Vec<&'static str>,
    /// What a build with the feature `chemfiles` reads, too.
    pub missing: Vec<&'static str>,
}

impl Report {
    /// Looks around, and computes for about a second.
    pub fn of_this_machine() -> Result<Self> {
        let meminfo = read("/proc/meminfo").unwrap_or_default();
        Ok(Self {
            version: env!("CARGO_PKG_VERSION"),
            platform: format!("{} {}", std::env::consts::ARCH, std::env::consts::OS),
            cpu: Cpu::of_this_machine(),
            memory_bytes: kibibytes(&meminfo, "MemTotal"),
            memory_available_bytes: kibibytes(&meminfo, "MemAvailable"),
            cuda: Cuda {
                answer: cuda_answer(),
                ..Cuda::below(Path::new("/"))
            },
            path: "fused",
            paths: match cfg!(feature = "candle") {
                true => vec!["fused", "reference"],
                false => vec!["fused"],
            },
            simd: Simd::of_this_machine(),
            formats: Formats::of_this_build(),
            self_test: self_test::run()?,
        })
    }

    fn outcome(&self) -> Outcome {
        match self.self_test.passed {
            true => Outcome::Completed,
            false => Outcome::Faulty,
        }
    }
}

impl Simd {
    fn of_this_machine() -> Self {
        let available = InstructionSet::available();
        Self {
            used: InstructionSet::detect().name(),
            available: available.into_iter().map(InstructionSet::name).collect(),
            asked_for: std::env::var("OREO_SIMD").ok(),
        }
    }
}

impl fmt::Display for Simd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "simd        {} of {}",
            self.used,
            listed(&self.available)
        )?;
        match self.asked_for.as_deref() {
            None => writeln!(f),
            Some(asked) => writeln!(f, " (OREO_SIMD={asked})"),
        }
    }
}

impl Cpu {
    /// Looks around.
    pub fn of_this_machine() -> Self {
        Self {
            name: read("/proc/cpuinfo").and_then(|text| field(&text, "model name")),
            features: features(),
            threads_available: std::thread::available_parallelism().map_or(1, usize::from),
            threads_default: 1,
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let found = [
        ("sse4.2", is_x86_feature_detected!("sse4.2")),
        ("avx", is_x86_feature_detected!("avx")),
        ("fma", is_x86_feature_detected!("fma")),
        ("f16c", is_x86_feature_detected!("f16c")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512vnni", is_x86_feature_detected!("avx512vnni")),
        ("avx512bf16", is_x86_feature_detected!("avx512bf16")),
        ("avx512fp16", is_x86_feature_detected!("avx512fp16")),
    ];
    let there = found.into_iter().filter(|(_, there)| *there);
    there.map(|(name, _)| name).collect()
}

/// NEON belongs to every 64-bit ARM processor.
#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    vec!["neon"]
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    Vec::new()
}

/// Where distributions put the driver's library.
const LIBRARIES: [&str; 6] = [
    "usr/lib/x86_64-linux-gnu/libcuda.so.1",
    "usr/lib/aarch64-linux-gnu/libcuda.so.1",
    "usr/lib64/libcuda.so.1",
    "usr/lib/libcuda.so.1",
    "usr/local/nvidia/lib64/libcuda.so.1",
    "usr/lib/wsl/lib/libcuda.so.1",
];

impl Cuda {
    /// Looks for the driver in a file system that begins at `root`.
    fn below(root: &Path) -> Self {
        let driver = read(root.join("proc/driver/nvidia/version"));
        let driver = driver.and_then(|text| driver_version(&text));
        let library = LIBRARIES
            .iter()
            .map(|path| root.join(path))
            .find(|path| path.exists());
        let devices = devices(&root.join("proc/driver/nvidia/gpus"));
        let in_this_build = cfg!(feature = "cuda");
        let found = match (&driver, &library) {
            (None, None) => "no NVIDIA driver found",
            (None, Some(_)) => "the driver's library is installed, its kernel module is not loaded",
            (Some(_), None) => "a kernel driver is loaded, its library libcuda.so.1 was not found",
            (Some(_), Some(_)) if devices.is_empty() => {
                "a driver is installed, but no device is there"
            }
            (Some(_), Some(_)) => "a driver and devices are there",
        };
        Self {
            in_this_build,
            candle_in_this_build: cfg!(feature = "candle-cuda"),
            verdict: match in_this_build {
                true => format!("{found}; the CPU is used unless --device cuda is given, which has never run on a GPU yet"),
                false => format!("{found}; this build computes on the CPU only"),
            },
            answer: None,
            driver,
            library,
            devices,
        }
    }
}

#[cfg(feature = "cuda")]
fn cuda_answer() -> Option<String> {
    use oreo_potentials::oreo::cuda::device::survey;
    Some(match survey() {
        Err(problem) => problem.to_string(),
        Ok(survey) => {
            let compiler = survey.compiler.map(|version| format!("NVRTC {version}"));
            format!(
                "the driver knows CUDA {} and {} devices; {}",
                survey.version,
                survey.devices.len(),
                compiler.unwrap_or("no NVRTC, which compiles the kernels".into())
            )
        }
    })
}

#[cfg(not(feature = "cuda"))]
fn cuda_answer() -> Option<String> {
    None
}

fn devices(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let information = entries.filter_map(|entry| read(entry.path().join("information")));
    let mut names: Vec<_> = information
        .filter_map(|text| field(&text, "Model"))
        .collect();
    names.sort();
    names
}

/// `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue …`: the first word of digits and dots.
fn driver_version(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("NVRM"))?;
    let is_version =
        |word: &&str| word.contains('.') && word.chars().all(|c| c.is_ascii_digit() || c == '.');
    line.split_whitespace().find(is_version).map(str::to_string)
}

/// The value of the first `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = pairs.find(|(key, _)| key.trim() == name)?;
    Some(value.trim().to_string())
}

fn read(path: impl AsRef<Path>) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// Extension, and what it is: read by this build whatever its features.
const READS: [(&str, &str); 4] = [
    ("xyz", "xyz and xyz.gz"),
    ("extxyz", "extxyz and extxyz.gz"),
    ("dcd", "dcd"),
    ("npz", "npz (MD17, rMD17, sGDML, packed frames)"),
];
/// Extensions that the chemfiles library reads.
const CHEMFILES: [&str; 10] = [
    "pdb", "xtc", "trr", "nc", "ncdf", "sdf", "mol2", "gro", "cif", "mmtf",
];

impl Formats {
    fn of_this_build() -> Self {
        let mut formats = Self {
            reads: READS.map(|(_, name)| name).to_vec(),
            writes: vec!["xyz", "extxyz", "dcd"],
            weights: vec!["safetensors", "TorchMD-NET ckpt"],
            missing: Vec::new(),
        };
        match cfg!(feature = "chemfiles") {
            true => formats.reads.extend(CHEMFILES),
            false => formats.missing.extend(CHEMFILES),
        }
        formats
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = || "unknown".to_string();
        writeln!(f, "oreo        {} on {}", self.version, self.platform)?;
        writeln!(
            f,
            "cpu         {}",
            self.cpu.name.clone().unwrap_or_else(unknown)
        )?;
        writeln!(f, "features    {}", listed(&self.cpu.features))?;
        writeln!(
            f,
            "threads     {} available, {} used unless --threads says otherwise",
            self.cpu.threads_available, self.cpu.threads_default
        )?;
        writeln!(
            f,
            "memory      {}, {} available",
            self.memory_bytes.map_or_else(unknown, size),
            self.memory_available_bytes.map_or_else(unknown, size)
        )?;
        writeln!(f, "path        {} of {}", self.path, listed(&self.paths))?;
        self.simd.fmt(f)?;
        self.cuda.fmt(f)?;
        self.formats.fmt(f)?;
        self.self_test.fmt(f)
    }
}

impl fmt::Display for Formats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "reads       {}", listed(&self.reads))?;
        writeln!(f, "writes      {}", listed(&self.writes))?;
        writeln!(f, "weights     {}", listed(&self.weights))?;
        match self.missing.is_empty() {
            true => Ok(()),
            false => {
                let missing = listed(&self.missing);
                writeln!(f, "not built   {missing}: build with --features chemfiles")
            }
        }
    }
}

impl fmt::Display for Cuda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "cuda        {}", self.verdict)?;
        if let Some(answer) = &self.answer {
            writeln!(f, "  --device  {answer}")?;
        }
        if self.candle_in_this_build {
            writeln!(
                f,
                "  candle    the reference and the trainer compute on a GPU, too"
            )?;
        }
        if let Some(driver) = &self.driver {
            writeln!(f, "  driver    {driver}")?;
        }
        for (number, device) in self.devices.iter().enumerate() {
            writeln!(f, "  cuda:{number}    {device}")?;
        }
        Ok(())
    }
}

fn listed(words: &[&str]) -> String {
    match words.is_empty() {
        true => "none".into(),
        false => words.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_with_a_gpu_is_described_from_its_files() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        assert!(Cuda::below(root.path())
            .verdict
            .starts_with("no NVIDIA driver found"));
        write(
            "proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version: 12.3.0",
        );
        write(
            "proc/driver/nvidia/gpus/0000:01:00.0/information",
            "Model: \t\t NVIDIA H200\nIRQ: 1\n",
        );
        assert!(Cuda::below(root.path())
            .verdict
            .contains("libcuda.so.1 was not found"));
        write("usr/lib64/libcuda.so.1", "");
        let cuda = Cuda::below(root.path());
        assert_eq!(cuda.driver.as_deref(), Some("550.54.15"));
        assert_eq!(cuda.devices, ["NVIDIA H200"]);
        assert!(cuda.verdict.contains("CPU"), "{}", cuda.verdict);
    }

    /// Catches a format that is listed but not recognised, and one that needs another build but is not listed so.
    #[test]
    fn the_listed_formats_are_those_that_are_recognised() {
        use oreo_formats::FileFormat;
        let folder = tempfile::tempdir().unwrap();
        let format_of = |extension: &str| {
            let path = folder.path().join(format!("file.{extension}"));
            std::fs::write(&path, "text").unwrap();
            FileFormat::of(&path).unwrap()
        };
        for (extension, _) in READS {
            assert_ne!(format_of(extension), FileFormat::Chemfiles, "{extension}");
        }
        for extension in CHEMFILES {
            assert_eq!(format_of(extension), FileFormat::Chemfiles, "{extension}");
        }
    }

    #[test]
    fn the_report_is_one_json_object_and_readable_text() {
        let report = Report::of_this_machine().unwrap();
        let value = serde_json::to_value(&report).unwrap();
        assert!(value["cpu"]["threads_available"].as_u64().unwrap() >= 1);
        assert_eq!(value["cuda"]["in_this_build"], cfg!(feature = "cuda"));
        let text = report.to_string();
        assert_eq!(value["path"], "fused");
        for part in ["threads", "cuda", "reads", "features", "simd"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
