//! How large the experiments are: what two cores can do in a day with a small network or the paper's, or what the paper did.

use crate::cli::training::config::NetworkSettings;

/// Steps, batches and rates of one training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// Of AdamW
    pub steps: u64,
    /// Conformations each
    pub batch: usize,
    /// At the end of the warm-up; a cosine leads down to 1e-6
    pub learning_rate: f64,
    /// Steps of the warm-up
    pub warm_up: u64,
    /// Between validations
    pub validation_every: u64,
}

impl Budget {
    const fn new(steps: u64, batch: usize, learning_rate: f64, warm_up: u64) -> Self {
        Self {
            steps,
            batch,
            learning_rate,
            warm_up,
            validation_every: 2000,
        }
    }
}

/// Everything that differs between the scales.
#[derive(Debug, Clone)]
pub struct Scale {
    /// `small`, `medium` or `paper`
    pub name: &'static str,
    /// Of every new network
    pub network: NetworkSettings,
    /// ET-OREO
    pub pretraining: Budget,
    /// ET-ORE: as many conformations with forces as ET-OREO sees
    pub pretraining_without_equilibrium: Budget,
    /// ET-OREO going on without denoising
    pub healing: Budget,
    /// Fine-tuning on ethanol, whose steps are cheap, and on aspirin, which needs most; training on them from scratch
    pub longer: Budget,
    /// The same for the other molecules
    pub molecule: Budget,
    /// Fine-tuning on polymers
    pub polymers: Budget,
    /// Each scalar property
    pub property: Budget,
    /// Of molecular dynamics of molecules
    pub steps: u64,
    /// Seeds of it
    pub replicas: u32,
    /// Of molecular dynamics of 15-loop polymers
    pub polymer_steps: fn(&str) -> u64,
}

/// 128 channels and 6 layers: hours on two cores.
pub fn small() -> Scale {
    Scale {
        name: "small",
        network: NetworkSettings {
            channels: 128,
            layers: 6,
            radial_functions: 32,
            ..NetworkSettings::default()
        },
        pretraining: Budget::new(60_000, 16, 6e-4, 1000),
        pretraining_without_equilibrium: Budget::new(43_600, 16, 6e-4, 1000),
        healing: Budget {
            validation_every: 1000,
            ..Budget::new(10_000, 16, 3e-4, 500)
        },
        longer: Budget::new(48_000, 8, 5e-4, 500),
        molecule: Budget::new(24_000, 8, 5e-4, 500),
        polymers: Budget::new(40_000, 8, 5e-4, 500),
        property: Budget::new(15_000, 16, 5e-4, 500),
        steps: 600_000,
        replicas: 3,
        polymer_steps: |family| match family {
            "LAC1" | "LAC2" => 50_000,
            _ => 20_000,
        },
    }
}

/// The paper's network, and steps for two cores: its pre-training makes a fiftieth of the draws of the paper. Rates are lower
/// than those of the small one: from scratch on ethanol, 6e-4 was too fast for this width and 2.5e-4 was not.
pub fn medium() -> Scale {
    Scale {
        name: "medium",
        pretraining: Budget::new(20_000, 16, 2.5e-4, 1000),
        pretraining_without_equilibrium: Budget::new(14_500, 16, 2.5e-4, 1000),
        healing: Budget::new(5000, 16, 1.25e-4, 500),
        longer: Budget::new(40_000, 8, 2.5e-4, 500),
        molecule: Budget::new(24_000, 8, 2.5e-4, 500),
        replicas: 3,
        ..paper()
    }
}

/// The sizes of the paper where it gives them (sections 3.4, 4.2 and 4.3); its fine-tuning of molecules has no numbers, and
/// 150 epochs of properties are those of its section 4.4.
pub fn paper() -> Scale {
    Scale {
        name: "paper",
        network: NetworkSettings::default(),
        pretraining: Budget::new(468_750, 32, 1e-4, 10_000),
        pretraining_without_equilibrium: Budget::new(340_300, 32, 1e-4, 10_000),
        healing: Budget::new(78_000, 32, 5e-5, 1000),
        longer: Budget::new(300_000, 8, 1e-4, 1000),
        molecule: Budget::new(300_000, 8, 1e-4, 1000),
        polymers: Budget::new(100_000, 8, 1e-4, 1000),
        property: Budget::new(112_500, 16, 2e-4, 1000),
        steps: 600_000,
        replicas: 5,
        polymer_steps: |_| 600_000,
    }
}
