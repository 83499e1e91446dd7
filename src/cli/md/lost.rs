//! Tests of a run whose device is lost: its last checkpoint stays, and the run goes on elsewhere as if nothing had happened.

use super::assemble::{assemble, Assembly};
use super::begin;
use super::drive::drive;
use super::log::Log;
use super::start::Beginning;
use crate::cli::choices::DeviceChoice;
use crate::cli::commands::resume;
use crate::cli::layers::Layers;
use crate::cli::plan::{Compute, Plan};
use crate::cli::settings::RunSettings;
use crate::run::RunDirectory;
use anyhow::Result;
use oreo_core::{Capabilities, Potential, PotentialError, Request};
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// As a GPU that falls off the bus at a call: forces are begun, and an error comes.
struct Lost {
    inner: Box<dyn Potential>,
    calls_left: usize,
}

impl Potential for Lost {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn evaluate(&mut self, requests: &mut [Request<'_>]) -> Result<(), PotentialError> {
        if self.calls_left == 0 {
            requests[0].forces[0].x += 1e6;
            return Err(PotentialError::Backend {
                potential: "OREO".into(),
                message: "NVIDIA H was lost (CUDA_ERROR_ECC_UNCORRECTABLE)".into(),
            });
        }
        self.calls_left -= 1;
        self.inner.evaluate(requests)
    }
}

/// 60 steps of four argon atoms, a checkpoint every 20, a frame every 5; recorded as a run on `device`.
fn plan(folder: &Path, output: &str, device: &str) -> Plan {
    let structure = folder.join("argon.xyz");
    let atoms = "4\n\nAr 0 0 0\nAr 3.8 0 0\nAr 0 3.8 0\nAr 0 0 3.8\n";
    fs::write(&structure, atoms).unwrap();
    let text = format!(
        "structure = {structure:?}\npotential = \"lennard-jones\"\noutput = {:?}\nsteps = 60\nevery = 5\n\
         checkpoint-every = 20\ntemperature = \"30 K\"\nreplicas = 2\ndevice = {device:?}",
        folder.join(output)
    );
    let settings: RunSettings = toml::from_str(&text).unwrap();
    Plan::new(&Layers::new(&settings, None).unwrap()).unwrap().0
}

/// The processor in place of what is recorded.
fn on_processor(plan: &Plan) -> Plan {
    let compute = Compute {
        device: DeviceChoice::Cpu,
        ..plan.compute
    };
    Plan {
        compute,
        ..plan.clone()
    }
}

/// What `oreo run` does; the potential fails at its call number `calls`.
fn run(plan: &Plan, calls: usize) -> Result<()> {
    let (directory, _lock) = RunDirectory::create(&plan.output, false)?;
    let assembly = assemble(&on_processor(plan), &directory, Beginning::Planned)?;
    let lost = |inner| -> Box<dyn Potential> {
        Box::new(Lost {
            inner,
            calls_left: calls,
        })
    };
    let mut assembly = Assembly {
        simulation: assembly.simulation.wrap_potential(lost),
        ..assembly
    };
    let mut log = begin(plan, &[], &mut assembly, &directory)?;
    let stop = AtomicBool::new(false);
    drive(plan, &mut assembly, &directory, &mut log, &stop).map(|_| ())
}

/// What `oreo resume --device cpu` does; the step that it goes on from.
fn go_on(folder: &Path) -> Result<u64> {
    let changes = RunSettings {
        output: Some(folder.to_path_buf()),
        device: Some(DeviceChoice::Cpu),
        ..RunSettings::default()
    };
    let (plan, _) = resume::plan(&changes, None)?;
    let directory = RunDirectory::open(folder)?;
    let mut assembly = assemble(&plan, &directory, Beginning::Recorded)?;
    assembly.load(&directory.checkpoint())?;
    let step = super::drive::current_step(&assembly.simulation);
    let mut log = Log::open(&directory.log())?;
    let stop = AtomicBool::new(false);
    drive(&plan, &mut assembly, &directory, &mut log, &stop)?;
    Ok(step)
}

/// Planted: a drive that saves when a step fails, and a simulation that lets it. The run goes on from step 46 with the forces of
/// a lost device, and its atoms are soon nowhere.
#[test]
fn a_run_whose_device_is_lost_goes_on_from_its_checkpoint_on_the_processor() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    run(&plan(place.path(), "whole", "cpu"), usize::MAX).unwrap();
    let device = match cfg!(feature = "cuda") {
        true => "cuda:0",
        false => "cpu",
    };
    let error = run(&plan(place.path(), "lost", device), 47).unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("NVIDIA H was lost"), "{error}");
    assert!(path("lost/checkpoint.oreo").exists());
    let recorded = fs::read_to_string(path("lost/config.toml")).unwrap();
    assert!(recorded.contains(&format!("device = \"{device}\"")));

    assert_eq!(go_on(&path("lost")).unwrap(), 40);
    for replica in ["replica-0", "replica-1"] {
        for file in ["trajectory.xyz", "thermo.csv"] {
            let of = |folder: &str| fs::read(path(folder).join(replica).join(file)).unwrap();
            assert!(of("whole") == of("lost"), "{replica}/{file} differs");
        }
    }
}
