//! Reads `thermo.csv`, and what it says of temperatures, energies and drift.

use super::results::{DriftAnalysis, TemperatureAnalysis};
use super::source::End;
use crate::cli::exit::BadInput;
use anyhow::Result;
use oreo_validation::drift::DriftMeter;
use oreo_validation::statistics::{equilibration_start, BlockAverage};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Bytes; a line of a healthy file has about 120.
const LONGEST_LINE: u64 = 4096;

/// The columns that are analyzed, line by line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thermo {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    /// The last line had no end and was left out.
    pub torn: bool,
}

impl Thermo {
    /// Refuses a file that is not one, and a torn last line unless the run is unfinished.
    pub fn read(path: &Path, end: End) -> Result<Self> {
        let place = |line: u64, problem: &str| {
            BadInput::new(format!("{}, line {line}: {problem}", path.display()))
        };
        let file = File::open(path)
            .map_err(|error| BadInput::new(format!("{}: {error}", path.display())))?;
        let mut reader = BufReader::new(file);
        let mut thermo = Self::default();
        let mut line = String::new();
        for number in 1.. {
            line.clear();
            let read = (&mut reader).take(LONGEST_LINE).read_line(&mut line);
            match read.map_err(|error| place(number, &error.to_string()))? {
                0 => break,
                _ if line.ends_with('\n') => {}
                _ if end == End::MaybeTorn && (line.len() as u64) < LONGEST_LINE => {
                    thermo.torn = true;
                    break;
                }
                _ => {
                    return Err(place(number, "has no end; the file was cut: copy it again").into())
                }
            }
            let taken = match number {
                1 => thermo.take_header(line.trim()),
                _ => thermo.take_line(line.trim()),
            };
            taken.map_err(|problem| place(number, &problem))?;
        }
        Ok(thermo)
    }

    fn take_header(&mut self, line: &str) -> Result<(), String> {
        self.names = line.split(',').map(String::from).collect();
        self.columns = vec![Vec::new(); self.names.len()];
        let needed = ["time_ps", "potential_ev", "conserved_ev", "temperature_k"];
        match needed.iter().find(|name| self.index(name).is_none()) {
            None => Ok(()),
            Some(name) => Err(format!("no column '{name}': not the thermo.csv of a run")),
        }
    }

    /// An empty field is a number that does not exist, such as the rotation of a single atom.
    fn take_line(&mut self, line: &str) -> Result<(), String> {
        let fields = line.split(',').count();
        if fields != self.names.len() {
            return Err(format!(
                "{fields} fields where the header has {}",
                self.names.len()
            ));
        }
        for ((field, column), name) in line.split(',').zip(&mut self.columns).zip(&self.names) {
            match (field.is_empty(), field.parse()) {
                (true, _) => {}
                (false, Ok(value)) => column.push(value),
                (false, Err(_)) => return Err(format!("{name} is '{field}', not a number")),
            }
        }
        Ok(())
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own == name)
    }

    /// Lines.
    pub fn samples(&self) -> usize {
        self.index("time_ps").map_or(0, |k| self.columns[k].len())
    }

    /// `None` when there is no such column, or some of its fields are empty.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        let column = &self.columns[self.index(name)?];
        (column.len() == self.samples()).then_some(column)
    }

    /// `[time in ps, value]`; empty when there is no such column.
    pub fn curve(&self, name: &str) -> Vec<[f64; 2]> {
        match (self.column("time_ps"), self.column(name)) {
            (Some(times), Some(values)) => {
                times.iter().zip(values).map(|(t, v)| [*t, *v]).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Means of each kind of motion.
    pub fn temperatures(&self, dof: Option<usize>) -> Result<TemperatureAnalysis, String> {
        let average = |name| {
            self.column(name)
                .and_then(|column| BlockAverage::of(column).ok())
        };
        let column = self
            .column("temperature_k")
            .ok_or("thermo.csv has lines without a temperature")?;
        Ok(TemperatureAnalysis {
            dof,
            all: Some(BlockAverage::of(column).map_err(|error| error.to_string())?),
            translation: average("t_trans_k"),
            rotation: average("t_rot_k"),
            vibration: average("t_vib_k"),
        })
    }

    /// Slope of the conserved quantity, in both units where the second can be had.
    pub fn drift(
        &self,
        temperature_k: Option<f64>,
        dof: Option<usize>,
    ) -> Result<DriftAnalysis, String> {
        let samples = self.curve("conserved_ev").into_iter().map(|[t, e]| (t, e));
        let drift = DriftMeter::of(samples)
            .and_then(|meter| meter.drift())
            .map_err(|error| error.to_string())?;
        let scale = temperature_k
            .zip(dof)
            .filter(|&(kelvins, dof)| kelvins > 0.0 && dof > 0)
            .map(|(kelvins, dof)| {
                let unit = oreo_validation::drift::Drift {
                    drift_ev_per_ps: 1.0,
                    ..drift
                };
                unit.in_kt_per_ns_per_dof(kelvins, dof as f64)
            });
        Ok(DriftAnalysis {
            drift_ev_per_ps: drift.drift_ev_per_ps,
            drift_error_ev_per_ps: drift.drift_error_ev_per_ps,
            drift_kt_per_ns_per_dof: scale.map(|scale| scale * drift.drift_ev_per_ps),
            drift_error_kt_per_ns_per_dof: scale
                .zip(drift.drift_error_ev_per_ps)
                .map(|(scale, error)| scale * error),
            detrended_std_ev: drift.detrended_std_ev,
            samples: drift.samples,
        })
    }

    /// Where the potential energy has equilibrated (ps since the first line), and its mean from there on.
    pub fn equilibrated_potential(&self) -> Result<(f64, BlockAverage), String> {
        let (Some(times), Some(energies)) = (self.column("time_ps"), self.column("potential_ev"))
        else {
            return Err("thermo.csv has lines without a potential energy".into());
        };
        let start = equilibration_start(energies).map_err(|error| error.to_string())?;
        let average = BlockAverage::of(&energies[start..]).map_err(|error| error.to_string())?;
        Ok((times[start] - times[0], average))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "step,time_ps,potential_ev,kinetic_ev,conserved_ev,temperature_k,t_rot_k\n";

    fn read(lines: &str, end: End) -> Result<Thermo> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("thermo.csv");
        std::fs::write(&path, format!("{HEADER}{lines}")).unwrap();
        Thermo::read(&path, end)
    }

    /// 2 meV/ps at k·T·dof = 8.617e-5·300·10 eV: 2e-3·1000/0.25852 per ns. Catches ps taken for ns.
    #[test]
    fn drift_and_temperatures_by_hand() {
        let thermo = read(
            "0,0.0,1,1,5.000,290,\n1,0.5,2,1,5.001,310,\n2,1.0,3,1,5.002,300,\n",
            End::Whole,
        )
        .unwrap();
        let temperatures = thermo.temperatures(Some(10)).unwrap();
        assert_eq!(temperatures.all.unwrap().mean, 300.0);
        assert_eq!(temperatures.rotation, None);
        let drift = thermo.drift(Some(300.0), Some(10)).unwrap();
        assert!((drift.drift_ev_per_ps - 2e-3).abs() < 1e-12);
        assert!((drift.drift_kt_per_ns_per_dof.unwrap() - 7.7364).abs() < 1e-3);
        assert_eq!(drift.drift_error_ev_per_ps, None);
        assert_eq!(
            thermo
                .drift(None, Some(10))
                .unwrap()
                .drift_kt_per_ns_per_dof,
            None
        );
    }

    #[test]
    fn damage_is_named_by_line_and_only_an_unfinished_run_may_be_torn() {
        let error = |text: &str| read(text, End::Whole).unwrap_err().to_string();
        assert!(error("0,0,1\n").contains("line 2: 3 fields where the header has 7"));
        assert!(error("0,0,x,1,5,290,\n").contains("line 2: potential_ev is 'x'"));
        let torn = "0,0.0,1,1,5.000,290,\n1,0.5,2,1,5.0";
        assert!(error(torn).contains("line 3"));
        let thermo = read(torn, End::MaybeTorn).unwrap();
        assert!(thermo.torn && thermo.samples() == 1);
        assert!(Thermo::read(Path::new("no/thermo.csv"), End::Whole).is_err());
    }
}
