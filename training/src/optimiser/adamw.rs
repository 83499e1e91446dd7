//! AdamW: Adam's step with weight decay apart from the gradient (Loshchilov & Hutter 2019, arXiv 1711.05101, algorithm 2),
//! in PyTorch's order of operations, so that its runs can be compared number by number.

use super::average::{take_in, Average, Intake};
use super::{Active, Number};
use crate::TrainingError;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What AdamW can be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AdamWSettings {
    /// Memory of the first and of the second moment, each in [0, 1), without unit
    pub betas: [f64; 2],
    /// Added to the root of the second moment, in the unit of a gradient
    pub epsilon: f64,
    /// Share of each parameter that goes per step, per unit of learning rate; 0 in the paper
    pub weight_decay: f64,
}

impl Default for AdamWSettings {
    fn default() -> Self {
        Self {
            betas: [0.9, 0.999],
            epsilon: 1e-8,
            weight_decay: 0.0,
        }
    }
}

impl AdamWSettings {
    /// # Errors
    /// Names the first value that makes no sense.
    pub fn check(&self) -> Result<(), TrainingError> {
        let refuse = |what: String| Err(TrainingError::Settings(format!("optimiser: {what}")));
        match self {
            Self { betas, .. } if betas.iter().any(|beta| !(0.0..1.0).contains(beta)) => {
                refuse(format!("betas = {betas:?}; each must be in [0, 1)"))
            }
            Self { epsilon, .. } if !(*epsilon > 0.0 && epsilon.is_finite()) => {
                refuse(format!("epsilon = {epsilon}; it must be positive"))
            }
            Self { weight_decay, .. } if !(*weight_decay >= 0.0 && weight_decay.is_finite()) => {
                refuse(format!(
                    "weight-decay = {weight_decay}; it must not be negative"
                ))
            }
            _ => Ok(()),
        }
    }
}

/// Numbers per task of the threads: three vectors of this length fit the second cache.
const CHUNK: usize = 1 << 14;

/// The optimiser with its memory.
#[derive(Debug, Clone)]
pub struct AdamW<T> {
    settings: AdamWSettings,
    /// Moving mean of the gradient, (parameters,)
    first: Vec<T>,
    /// Moving mean of its square, (parameters,)
    second: Vec<T>,
    /// How many there have been.
    steps: u64,
}

impl<T: Number> AdamW<T> {
    /// With moments of 0.
    ///
    /// # Errors
    /// Those of [`AdamWSettings::check`].
    pub fn new(settings: AdamWSettings, parameters: usize) -> Result<Self, TrainingError> {
        settings.check()?;
        Ok(Self {
            settings,
            first: vec![T::default(); parameters],
            second: vec![T::default(); parameters],
            steps: 0,
        })
    }

    /// Begins a step with learning rate `rate` (per step, without unit); `average` takes in the parameters on the way.
    ///
    /// # Panics
    /// When the average is of another number of parameters.
    pub fn begin<'a>(
        &'a mut self,
        rate: f64,
        active: &'a Active,
        average: Option<&'a mut Average<T>>,
    ) -> Step<'a, T> {
        self.steps += 1;
        assert_eq!(active.parameters(), self.first.len());
        Step {
            rule: Rule::new(&self.settings, self.steps, rate),
            first: &mut self.first,
            second: &mut self.second,
            active,
            average: average.map(Average::begin),
        }
    }

    /// The moments, in the order of the parameters.
    pub(crate) fn moments(&mut self) -> [&mut [T]; 2] {
        [&mut self.first, &mut self.second]
    }

    pub(crate) fn steps(&mut self) -> &mut u64 {
        &mut self.steps
    }
}

/// A step that goes through the parameters piece by piece.
pub struct Step<'a, T> {
    rule: Rule<T>,
    first: &'a mut [T],
    second: &'a mut [T],
    active: &'a Active,
    average: Option<Intake<'a, T>>,
}

impl<T: Number> Step<'_, T> {
    /// Moves the parameters from `start` on. Frozen ones are neither moved nor decayed. One pass over memory, by the threads
    /// of the current rayon pool; the result does not depend on their number.
    ///
    /// # Panics
    /// When there is not as much gradient, or fewer parameters than `start` says.
    pub fn apply(&mut self, start: usize, parameters: &mut [T], gradient: &[T]) {
        assert_eq!(parameters.len(), gradient.len());
        let rule = &self.rule;
        for range in self.active.ranges_within(start..start + parameters.len()) {
            let piece = range.start - start..range.end - start;
            let (p, g) = (&mut parameters[piece.clone()], &gradient[piece]);
            let (m, v) = (
                &mut self.first[range.clone()],
                &mut self.second[range.clone()],
            );
            let average = self.average.as_mut().map(|average| average.part(range));
            match (p.len() > CHUNK, average) {
                (false, None) => rule.apply(p, g, m, v),
                (false, Some((a, rest))) => {
                    rule.apply(p, g, m, v);
                    take_in(a, p, rest);
                }
                (true, None) => (p.par_chunks_mut(CHUNK).zip(g.par_chunks(CHUNK)))
                    .zip(m.par_chunks_mut(CHUNK).zip(v.par_chunks_mut(CHUNK)))
                    .for_each(|((p, g), (m, v))| rule.apply(p, g, m, v)),
                (true, Some((a, rest))) => (p.par_chunks_mut(CHUNK).zip(g.par_chunks(CHUNK)))
                    .zip(m.par_chunks_mut(CHUNK).zip(v.par_chunks_mut(CHUNK)))
                    .zip(a.par_chunks_mut(CHUNK))
                    .for_each(|(((p, g), (m, v)), a)| {
                        rule.apply(p, g, m, v);
                        take_in(a, p, rest);
                    }),
            }
        }
    }
}

/// The numbers of one step.
struct Rule<T> {
    keep: T,
    beta_1: T,
    beta_2: T,
    rest_1: T,
    rest_2: T,
    step_size: T,
    correction: T,
    epsilon: T,
}

impl<T: Number> Rule<T> {
    /// Bias corrections 1 − βᵗ undo the start from moments of 0 (Kingma & Ba 2015, section 3).
    fn new(settings: &AdamWSettings, step: u64, rate: f64) -> Self {
        let [beta_1, beta_2] = settings.betas;
        let unbias = |beta: f64| 1.0 - beta.powi(i32::try_from(step).unwrap_or(i32::MAX));
        Self {
            keep: T::from_f64(1.0 - rate * settings.weight_decay),
            beta_1: T::from_f64(beta_1),
            beta_2: T::from_f64(beta_2),
            rest_1: T::from_f64(1.0 - beta_1),
            rest_2: T::from_f64(1.0 - beta_2),
            step_size: T::from_f64(rate / unbias(beta_1)),
            correction: T::from_f64(unbias(beta_2).sqrt()),
            epsilon: T::from_f64(settings.epsilon),
        }
    }

    /// ε stands outside the root: p −= η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε).
    fn apply(&self, parameters: &mut [T], gradient: &[T], first: &mut [T], second: &mut [T]) {
        let moments = first.iter_mut().zip(second);
        for ((p, &g), (m, v)) in parameters.iter_mut().zip(gradient).zip(moments) {
            *p *= self.keep;
            *m = self.beta_1 * *m + self.rest_1 * g;
            *v = self.beta_2 * *v + self.rest_2 * g * g;
            *p -= self.step_size * *m / (v.sqrt() / self.correction + self.epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One parameter p = 1, η = 0.1, β = (0.9, 0.99), ε = 0.5, λ = 0.2, gradients 2 and then −1, by hand:
    /// step 1: p = 1·(1 − 0.02) = 0.98; m̂ = 2, v̂ = 4; p = 0.98 − 0.1·2/(2 + 0.5) = 0.9.
    /// step 2: p = 0.9·0.98 = 0.882; m = 0.9·0.2 − 0.1 = 0.08, m̂ = 0.08/0.19; v = 0.99·0.04 + 0.01 = 0.0496,
    /// v̂ = 0.0496/0.0199. A large ε and λ make their places felt: ε within the root, or decay after the step or within the
    /// gradient, or a missing correction, fails here.
    #[test]
    fn two_steps_by_hand() {
        let settings = AdamWSettings {
            betas: [0.9, 0.99],
            epsilon: 0.5,
            weight_decay: 0.2,
        };
        let mut adamw = AdamW::<f64>::new(settings, 1).unwrap();
        let mut p = [1.0];
        adamw
            .begin(0.1, &Active::all(1), None)
            .apply(0, &mut p, &[2.0]);
        assert!((p[0] - 0.9).abs() < 1e-15);
        adamw
            .begin(0.1, &Active::all(1), None)
            .apply(0, &mut p, &[-1.0]);
        let expected: f64 = 0.882 - 0.1 * (0.08 / 0.19) / ((0.0496f64 / 0.0199).sqrt() + 0.5);
        assert!((p[0] - expected).abs() < 1e-15, "{} {expected}", p[0]);
    }

    #[test]
    fn frozen_parameters_do_not_even_decay() {
        let entries: Vec<_> =
            oreo_potentials::oreo::gradients::trainable(&oreo_potentials::oreo::Config::et_oreo());
        let prefix = "representation_model.embedding".to_string();
        let frozen = entries[0].count();
        assert!(entries[0].name.starts_with(&prefix) && !entries[1].name.starts_with(&prefix));
        let active = Active::freezing(&entries, &[prefix]).unwrap();
        let settings = AdamWSettings {
            weight_decay: 0.5,
            ..Default::default()
        };
        let count = active.parameters();
        let mut adamw = AdamW::new(settings, count).unwrap();
        let mut p = vec![1.0f32; count];
        adamw
            .begin(0.1, &active, None)
            .apply(0, &mut p, &vec![1.0; count]);
        assert!(p[..frozen].iter().all(|&p| p == 1.0));
        assert!(p[frozen..].iter().all(|&p| p < 0.95));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let count = 3 * CHUNK + 17;
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| {
                let mut adamw = AdamW::new(AdamWSettings::default(), count).unwrap();
                let mut p: Vec<f32> = (0..count).map(|k| (k as f32).sin()).collect();
                let mut average = Average::new(0.9, &p).unwrap();
                for _ in 0..3 {
                    let gradient: Vec<f32> = p.iter().map(|p| p * p - 0.1).collect();
                    let active = Active::all(count);
                    let mut step = adamw.begin(1e-3, &active, Some(&mut average));
                    // In two pieces, as an engine does.
                    let (first, second) = p.split_at_mut(CHUNK + 5);
                    step.apply(0, first, &gradient[..CHUNK + 5]);
                    step.apply(CHUNK + 5, second, &gradient[CHUNK + 5..]);
                }
                (p, average.values().to_vec())
            })
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn settings_without_sense_are_named() {
        for (settings, word) in [
            (r#"{"betas": [0.9, 1.0]}"#, "betas"),
            (r#"{"epsilon": 0}"#, "epsilon"),
            (r#"{"weight-decay": -1}"#, "weight-decay"),
        ] {
            let settings: AdamWSettings = serde_json::from_str(settings).unwrap();
            let error = settings.check().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
