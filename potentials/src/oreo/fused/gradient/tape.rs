//! The products of a pass on plain numbers, in its order, for the pass on dual numbers that follows.

use crate::oreo::fused::simd::{Plain, Row};

/// Written once from beginning to end, then read once.
#[derive(Default)]
pub struct Tape<P> {
    rows: Vec<Row<P>>,
}

/// Where somebody reads.
pub struct Reader<'t, P> {
    tape: &'t Tape<P>,
    at: usize,
}

impl<P: Plain> Tape<P> {
    /// Forgets all, keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Continues with `rows`.
    pub fn write(&mut self, rows: &[Row<P>]) {
        self.rows.extend_from_slice(rows);
    }

    /// From the beginning.
    pub fn read(&self) -> Reader<'_, P> {
        Reader { tape: self, at: 0 }
    }
}

impl<'t, P: Plain> Reader<'t, P> {
    /// The next rows.
    pub fn next(&mut self, count: usize) -> &'t [Row<P>] {
        self.at += count;
        &self.tape.rows[self.at - count..self.at]
    }

    /// The next values of dual rows; their tangents stay.
    pub fn fill(&mut self, rows: &mut [[Row<P>; 2]]) {
        let values = self.next(rows.len());
        for (row, value) in rows.iter_mut().zip(values) {
            row[0] = *value;
        }
    }

    /// Where it is now, in rows.
    pub fn place(&self) -> usize {
        self.at
    }

    /// Rows at a place that was passed before.
    pub fn look_back(&self, place: usize, count: usize) -> &'t [Row<P>] {
        &self.tape.rows[place..place + count]
    }
}
