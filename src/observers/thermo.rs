//! `thermo.csv`: energies, temperatures and extremes, one line per look. On resume the file is cut back to what the
//! checkpoint has seen.

use oreo_core::units::PICOSECOND;
use oreo_core::{Archive, ArchiveError, Observer, ObserverError, Persist, State, Stop, View};
use oreo_validation::temperatures::Temperatures;
use oreo_validation::Topology;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const HEADER: &str =
    "step,time_ps,potential_ev,kinetic_ev,conserved_ev,temperature_k,t_trans_k,t_rot_k,t_vib_k,\
                      max_force_ev_per_a,max_bond_deviation_a";
/// More columns, where several networks are asked.
const DEVIATION_HEADER: &str = ",force_deviation_max_ev_per_a,force_deviation_rms_ev_per_a";

/// Whoever reads along (`oreo watch`) is at most so far behind, or as far as one line is from the next.
const LONGEST_HELD_BACK: Duration = Duration::from_secs(1);

/// Writer of `thermo.csv` for one replica.
pub struct Thermo {
    path: PathBuf,
    /// Internal time units.
    timestep: f64,
    /// That `temperature_k` counts.
    degrees_of_freedom: usize,
    topology: Topology,
    /// Columns of the committee.
    with_deviation: bool,
    /// `None` until the first line of a new run, or until a checkpoint says where to continue.
    file: Option<BufWriter<File>>,
    bytes: u64,
    line: Vec<u8>,
    /// When lines were last handed to the system.
    handed_over: Instant,
}

impl Thermo {
    /// Nothing is opened yet.
    pub fn new(
        path: PathBuf,
        timestep: f64,
        degrees_of_freedom: usize,
        topology: Topology,
    ) -> Self {
        Self {
            path,
            timestep,
            degrees_of_freedom,
            topology,
            with_deviation: false,
            file: None,
            bytes: 0,
            line: Vec::new(),
            handed_over: Instant::now(),
        }
    }

    /// Å, of the bond that is farthest from its reference length; `None` without bonds.
    pub fn largest_bond_deviation(&self, state: &State) -> Option<f64> {
        let worst = self
            .topology
            .largest_deviation(&state.positions, &state.cell);
        worst.map(|bond| bond.deviation())
    }

    /// With two columns more: how far the networks of a committee are apart. Empty fields where it was not asked.
    pub fn with_force_deviation(mut self) -> Self {
        self.with_deviation = true;
        self
    }

    /// The file, cut to `bytes`; a new one gets its header.
    fn open(&mut self, bytes: u64) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&self.path)?;
        if file.metadata()?.len() < bytes {
            let problem = format!(
                "{} is shorter than its checkpoint says ({bytes} bytes)",
                self.path.display()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        file.set_len(bytes)?;
        file.seek(SeekFrom::End(0))?;
        self.file = Some(BufWriter::new(file));
        self.bytes = bytes;
        if bytes == 0 {
            self.append(HEADER.as_bytes())?;
            if self.with_deviation {
                self.append(DEVIATION_HEADER.as_bytes())?;
            }
            self.append(b"\n")?;
        }
        Ok(())
    }

    fn append(&mut self, text: &[u8]) -> io::Result<()> {
        self.file.as_mut().expect("opened before").write_all(text)?;
        self.bytes += text.len() as u64;
        Ok(())
    }

    fn write_line(&mut self, view: &View<'_>) -> io::Result<()> {
        let state = view.state;
        let kinetic = state.kinetic_energy(view.system);
        let now = Temperatures::of(view.system, state, self.degrees_of_freedom as f64);
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        let time = state.step as f64 * self.timestep / PICOSECOND;
        write!(
            line,
            "{},{time:.6},{:.9},{kinetic:.9},{:.9}",
            state.step, state.energy, view.conserved
        )?;
        write!(line, ",{:.4}", now.all)?;
        for part in [now.translation, now.rotation, now.vibration] {
            write_optional(&mut line, part, 4)?;
        }
        write!(line, ",{:.6}", state.max_force())?;
        write_optional(&mut line, self.largest_bond_deviation(state), 6)?;
        if self.with_deviation {
            let found = view.force_deviation;
            write_optional(&mut line, found.map(|found| found.max), 6)?;
            write_optional(&mut line, found.map(|found| found.rms), 6)?;
        }
        line.push(b'\n');
        let outcome = self.append(&line);
        self.line = line;
        outcome?;
        self.hand_over_in_time()
    }

    /// Not made durable: a checkpoint does that.
    fn hand_over_in_time(&mut self) -> io::Result<()> {
        match &mut self.file {
            Some(file) if self.handed_over.elapsed() >= LONGEST_HELD_BACK => {
                self.handed_over = Instant::now();
                file.flush()
            }
            _ => Ok(()),
        }
    }
}

/// An empty field where there is nothing to measure, e.g. the rotation of a single atom.
fn write_optional(line: &mut Vec<u8>, value: Option<f64>, digits: usize) -> io::Result<()> {
    match value {
        Some(value) => write!(line, ",{value:.digits$}"),
        None => write!(line, ","),
    }
}

impl Observer for Thermo {
    fn observe(&mut self, view: &View<'_>) -> Result<ControlFlow<Stop>, ObserverError> {
        let opened = if self.file.is_none() {
            self.open(0)
        } else {
            Ok(())
        };
        let written = opened.and_then(|()| self.write_line(view));
        written.map_err(|source| ObserverError::Write {
            path: self.path.clone(),
            source,
        })?;
        Ok(ControlFlow::Continue(()))
    }

    fn flush(&mut self) -> Result<(), ObserverError> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let flushed = file.flush().and_then(|()| file.get_ref().sync_data());
        flushed.map_err(|source| ObserverError::Write {
            path: self.path.clone(),
            source,
        })
    }
}

impl Persist for Thermo {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let mut bytes = self.bytes;
        archive.u64("bytes", &mut bytes)?;
        if bytes == self.bytes {
            return Ok(());
        }
        self.open(bytes).map_err(|error| ArchiveError::Invalid {
            name: "thermo.csv".into(),
            problem: error.to_string(),
        })
    }
}
