//! Checkpoints in memory, for tests of [`Persist`].

use crate::{Archive, ArchiveError, Persist};
use std::collections::BTreeMap;

/// What one name holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// As bits, so that NaN equals itself and −0 does not equal 0.
    F64s(Vec<u64>),
    /// Counts.
    U64s(Vec<u64>),
    /// Anything.
    Bytes(Vec<u8>),
}

/// Named entries; equal archives mean equal objects, to the bit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryArchive {
    /// By full name.
    pub entries: BTreeMap<String, Entry>,
}

impl MemoryArchive {
    /// Everything that `object` wants to survive.
    pub fn save(object: &mut dyn Persist) -> Result<Self, ArchiveError> {
        let mut archive = Self::default();
        object.persist(&mut archive.writer())?;
        Ok(archive)
    }

    /// Overwrites `object` with what was saved.
    pub fn load(&self, object: &mut dyn Persist) -> Result<(), ArchiveError> {
        object.persist(&mut self.reader())
    }

    /// The end that copies numbers out of objects.
    pub fn writer(&mut self) -> MemoryWriter<'_> {
        MemoryWriter(self)
    }

    /// The end that copies numbers into objects.
    pub fn reader(&self) -> MemoryReader<'_> {
        MemoryReader(self)
    }
}

/// Refuses a name that is already there: two objects in one archive need a [`crate::Scope`] each.
pub struct MemoryWriter<'a>(&'a mut MemoryArchive);

impl MemoryWriter<'_> {
    fn insert(&mut self, name: &str, entry: Entry) -> Result<(), ArchiveError> {
        match self.0.entries.insert(name.into(), entry) {
            None => Ok(()),
            Some(_) => Err(invalid(name, "was written twice")),
        }
    }
}

impl Archive for MemoryWriter<'_> {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        let bits = values.iter().map(|value| value.to_bits()).collect();
        self.insert(name, Entry::F64s(bits))
    }

    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        self.insert(name, Entry::U64s(values.to_vec()))
    }

    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        self.insert(name, Entry::Bytes(value.clone()))
    }
}

/// Refuses missing names, other kinds and other lengths.
pub struct MemoryReader<'a>(&'a MemoryArchive);

impl MemoryReader<'_> {
    fn entry(&self, name: &str) -> Result<&Entry, ArchiveError> {
        (self.0.entries.get(name)).ok_or_else(|| ArchiveError::Missing { name: name.into() })
    }
}

impl Archive for MemoryReader<'_> {
    fn f64s(&mut self, name: &str, values: &mut [f64]) -> Result<(), ArchiveError> {
        let Entry::F64s(bits) = self.entry(name)? else {
            return Err(invalid(name, "does not hold f64 numbers"));
        };
        check_length(name, values.len(), bits.len())?;
        for (value, &bits) in values.iter_mut().zip(bits) {
            *value = f64::from_bits(bits);
        }
        Ok(())
    }

    fn u64s(&mut self, name: &str, values: &mut [u64]) -> Result<(), ArchiveError> {
        let Entry::U64s(saved) = self.entry(name)? else {
            return Err(invalid(name, "does not hold u64 numbers"));
        };
        check_length(name, values.len(), saved.len())?;
        values.copy_from_slice(saved);
        Ok(())
    }

    fn bytes(&mut self, name: &str, value: &mut Vec<u8>) -> Result<(), ArchiveError> {
        let Entry::Bytes(saved) = self.entry(name)? else {
            return Err(invalid(name, "does not hold bytes"));
        };
        value.clone_from(saved);
        Ok(())
    }
}

fn check_length(name: &str, expected: usize, found: usize) -> Result<(), ArchiveError> {
    if expected == found {
        return Ok(());
    }
    Err(ArchiveError::Length {
        name: name.into(),
        expected,
        found,
    })
}

fn invalid(name: &str, problem: &str) -> ArchiveError {
    ArchiveError::Invalid {
        name: name.into(),
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Generator;
    use crate::{Cell, Element, Scope, State, Vec3};
    use rand::RngCore;

    fn state() -> State {
        let mut state = State::at_rest(
            vec![Vec3::new(0.1, -0.0, 3e-310), Vec3::new(1.0, 2.0, 3.0)],
            Cell::periodic([[5.0, 0.0, 0.0], [1.0, 6.0, 0.0], [0.5, -2.0, 7.0]]).unwrap(),
        );
        state.momenta[1] = Vec3::new(1.0 / 3.0, f64::MAX, -1e-5);
        state.forces[0] = Vec3::new(0.7, -8.0, 1e-300);
        state.energy = f64::NAN;
        state.step = u64::MAX - 1;
        state
    }

    fn blank() -> State {
        State::at_rest(vec![Vec3::zeros(); 2], Cell::Open)
    }

    /// Catches a field that `persist` forgets: the blank state would keep its own.
    #[test]
    fn a_state_returns_to_the_bit() {
        let saved = MemoryArchive::save(&mut state()).unwrap();
        let mut other = blank();
        saved.load(&mut other).unwrap();
        assert_eq!(MemoryArchive::save(&mut other).unwrap(), saved);
        assert_eq!(other.positions, state().positions);
        assert_eq!(other.momenta, state().momenta);
        assert_eq!(other.forces, state().forces);
        assert_eq!(other.cell, state().cell);
        assert_eq!(other.step, u64::MAX - 1);
        assert!(other.energy.is_nan());
    }

    #[test]
    fn a_generator_continues_where_it_was() {
        let mut generator = Generator::new(7, 2);
        generator.normal_vector();
        let saved = MemoryArchive::save(&mut generator).unwrap();
        let mut other = Generator::new(0, 0);
        saved.load(&mut other).unwrap();
        assert_eq!(other.next_u64(), generator.next_u64());
    }

    #[test]
    fn missing_entries_and_other_lengths_are_refused_by_name() {
        let mut saved = MemoryArchive::save(&mut state()).unwrap();
        let mut three = State::at_rest(vec![Vec3::zeros(); 3], Cell::Open);
        assert_eq!(
            saved.load(&mut three).unwrap_err().to_string(),
            "checkpoint entry 'positions' has 6 values, this run needs 9"
        );
        saved.entries.remove("momenta");
        let error = saved.load(&mut blank()).unwrap_err();
        assert_eq!(error.to_string(), "checkpoint has no entry 'momenta'");
        saved.entries.insert("momenta".into(), Entry::Bytes(vec![]));
        let error = saved.load(&mut blank()).unwrap_err();
        assert!(matches!(error, ArchiveError::Invalid { .. }), "{error}");
    }

    #[test]
    fn a_cell_without_volume_is_refused() {
        let mut saved = MemoryArchive::save(&mut Cell::orthorhombic(1.0, 2.0, 3.0).unwrap());
        let flat = [1.0; 9].map(f64::to_bits).to_vec();
        let entries = &mut saved.as_mut().unwrap().entries;
        entries.insert("cell".into(), Entry::F64s(flat));
        let error = saved.unwrap().load(&mut Cell::Open).unwrap_err();
        assert!(matches!(error, ArchiveError::Invalid { .. }), "{error}");
    }

    #[test]
    fn another_molecule_is_refused() {
        let elements = |symbols: &[&str]| -> Vec<Element> {
            symbols.iter().map(|s| s.parse().unwrap()).collect()
        };
        let saved = MemoryArchive::save(&mut elements(&["O", "H", "H"])).unwrap();
        assert!(saved.load(&mut elements(&["O", "H", "H"])).is_ok());
        assert!(saved.load(&mut elements(&["H", "O", "H"])).is_err());
    }

    /// Catches a scope that forgets its prefix: the second state would be written over the first.
    #[test]
    fn scopes_nest_and_keep_objects_apart() {
        let mut archive = MemoryArchive::default();
        let mut writer = archive.writer();
        for replica in 0..2 {
            let mut scope = Scope::new(&mut writer, format!("replica-{replica}"));
            let mut inner = Scope::new(&mut scope, "state");
            State {
                step: 10 + replica,
                ..state()
            }
            .persist(&mut inner)
            .unwrap();
        }
        assert!(archive.entries.contains_key("replica-1/state/positions"));
        let mut reader = archive.reader();
        let mut scope = Scope::new(&mut reader, "replica-1");
        let mut other = blank();
        other.persist(&mut Scope::new(&mut scope, "state")).unwrap();
        assert_eq!(other.step, 11);
        let error = other
            .persist(&mut Scope::new(&mut scope, "stat"))
            .unwrap_err();
        let name = "replica-1/stat/positions".to_string();
        assert_eq!(error, ArchiveError::Missing { name });
        let error = state()
            .persist(&mut archive.writer())
            .and_then(|()| state().persist(&mut archive.writer()));
        assert!(error.is_err(), "the same name twice");
    }

    #[test]
    fn lists_come_back_with_their_own_length() {
        let mut archive = MemoryArchive::default();
        let mut history = vec![1.0, -2.5, f64::INFINITY];
        archive.writer().f64_list("history", &mut history).unwrap();
        let mut other = vec![9.0; 7];
        archive.reader().f64_list("history", &mut other).unwrap();
        assert_eq!(other, history);
        archive
            .entries
            .insert("history".into(), Entry::Bytes(vec![0; 9]));
        let error = archive
            .reader()
            .f64_list("history", &mut other)
            .unwrap_err();
        assert!(matches!(error, ArchiveError::Length { .. }), "{error}");
    }
}
