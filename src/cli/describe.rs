//! A plan in words, one line per subject: what `--dry-run` prints and `log.txt` begins with.

use super::choices::{DofChoice, FiltersChoice};
use super::plan::*;
use std::fmt::{self, Display, Formatter};

/// Width of the subjects, with the space behind them.
const SUBJECTS: usize = 12;

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut rows = self.rows().into_iter();
        rows.try_for_each(|(subject, text)| writeln!(f, "{subject:SUBJECTS$}{text}"))
    }
}

impl Plan {
    /// Subjects and what was decided about them.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![
            ("structure", self.start.to_string()),
            ("potential", self.potential.to_string()),
        ];
        if !self.committee.is_empty() {
            rows.push(("ensemble", self.members()));
        }
        if let Some(reference) = &self.reference {
            let text = format!("{}, labels {}", reference.display(), self.labels);
            rows.push(("reference", text));
        }
        let length = format!(
            "{} steps = {} ps, {}",
            self.steps,
            self.simulated_time() * 1e-3,
            self.copies()
        );
        let compute = match self.potential {
            PotentialPlan::Et(_) => self.compute.to_string(),
            PotentialPlan::LennardJones => format!("{}, f64", self.compute.device),
        };
        let output = format!("{}: {}", self.output.display(), self.rhythm());
        rows.extend([
            (
                "dynamics",
                format!("{}; steps of {}", self.ensemble, self.timestep),
            ),
            ("start", self.velocities.to_string()),
            ("temperature", format!("counted over {}", counted(self.dof))),
            ("length", length),
            ("stops at", self.stops().join(", ")),
            ("compute", format!("{compute}, skin {}", self.skin)),
            ("output", output),
        ]);
        rows
    }

    fn members(&self) -> String {
        let members = self.committee.iter().map(ToString::to_string);
        let members = members.collect::<Vec<_>>().join(", ");
        format!(
            "asked every {} steps how far it agrees: {members}",
            self.every
        )
    }

    fn copies(&self) -> String {
        match self.replicas {
            1 => format!("1 replica, seed {}", self.seed),
            several => format!(
                "{several} replicas, seeds {} to {}",
                self.seed,
                self.seed + u64::from(several) - 1
            ),
        }
    }

    /// Everything that ends a replica early, in words.
    fn stops(&self) -> Vec<String> {
        let rule = match self.stability {
            StabilityRule::Bond { threshold } => Some(format!(
                "a bond more than {threshold} from its reference length"
            )),
            StabilityRule::Rdf { threshold, window } => Some(match threshold {
                Some(threshold) => {
                    format!("distances that deviate by more than {threshold} over {window}")
                }
                None => format!("distances that deviate over {window}"),
            }),
            StabilityRule::None => None,
        };
        let temperature = self
            .temperature_cap
            .map(|cap| format!("a temperature above {cap}"));
        let force = self.force_cap.map(|cap| format!("a force above {cap}"));
        let deviation = self
            .deviation_stop
            .map(|level| format!("a force deviation of the ensemble above {level}"));
        let not_finite = Some("values that are not finite".to_string());
        [rule, temperature, force, deviation, not_finite]
            .into_iter()
            .flatten()
            .collect()
    }

    fn rhythm(&self) -> String {
        let formats: Vec<_> = self.formats.iter().map(ToString::to_string).collect();
        format!(
            "frame every {} steps ({}), checkpoint every {}",
            self.every,
            formats.join(" and "),
            self.checkpoint_every
        )
    }
}

fn counted(dof: DofChoice) -> &'static str {
    match dof {
        DofChoice::Md17 => "3N degrees of freedom, translation and rotation empty (dof md17)",
        DofChoice::Physical => "the degrees of freedom that can move (dof physical)",
    }
}

impl Display for Start {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Start::Structure { path, frame } => write!(f, "{}, frame {frame}", path.display()),
            Start::RandomReferenceFrame(None) => {
                f.write_str("a random reference frame for each replica")
            }
            Start::RandomReferenceFrame(Some(SplitPart { path, part })) => {
                let path = path.display();
                write!(
                    f,
                    "a random reference frame of part {part} of {path} for each replica"
                )
            }
        }
    }
}

impl Display for PotentialPlan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            PotentialPlan::Et(weights) => {
                write!(f, "Equivariant Transformer, {weights}")
            }
            PotentialPlan::LennardJones => f.write_str("Lennard-Jones argon, built in"),
        }
    }
}

impl Display for Ensemble {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Ensemble::Nve => f.write_str("velocity Verlet at constant energy"),
            Ensemble::NoseHoover {
                temperature,
                time,
                chain_length,
            } => write!(
                f,
                "Nosé–Hoover chain of {chain_length} at {temperature}, relaxation {time}"
            ),
            Ensemble::Langevin { temperature, time } => {
                write!(f, "Langevin (BAOAB) at {temperature}, friction 1/({time})")
            }
            Ensemble::Csvr { temperature, time } => {
                write!(
                    f,
                    "stochastic velocity rescaling at {temperature}, relaxation {time}"
                )
            }
        }
    }
}

impl Display for StartVelocities {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            StartVelocities::Maxwell(temperature) => {
                write!(f, "Maxwell–Boltzmann velocities of {temperature}")
            }
            StartVelocities::File => f.write_str("velocities of the structure file"),
            StartVelocities::Zero => f.write_str("at rest"),
        }
    }
}

impl Display for Compute {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let threads = match self.threads {
            1 => "1 thread".to_string(),
            several => format!("{several} threads"),
        };
        write!(
            f,
            "{}, {} path, {}, ",
            self.device, self.path, self.precision
        )?;
        match self.filters {
            Some(FiltersChoice::Table) => f.write_str("distance filters from a table, ")?,
            Some(FiltersChoice::Exact) => f.write_str("distance filters computed exactly, ")?,
            None => {}
        }
        f.write_str(&threads)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{layers::Layers, plan::Plan};

    #[test]
    fn a_plan_names_everything_that_was_decided() {
        let flags =
            "preset = \"md17\"\nstructure = \"/a.npz\"\nweights = \"/w.ckpt\"\nforce-cap = 50";
        let layers = Layers::new(&toml::from_str(flags).unwrap(), None).unwrap();
        let text = Plan::new(&layers).unwrap().0.to_string();
        for part in [
            "/a.npz, frame 0",
            "Equivariant Transformer, /w.ckpt",
            "chain of 5 at 500 K, relaxation 25 fs; steps of 0.5 fs",
            "600000 steps = 300 ps, 5 replicas, seeds 0 to 4",
            "0.5 A from its reference length, a temperature above 100000 K, a force above 50 eV/A, values that",
            "3N degrees of freedom",
            "cpu, fused path, f32, distance filters from a table, 1 thread",
            "frame every 100 steps (xyz and dcd)",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
