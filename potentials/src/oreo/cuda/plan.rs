//! One evaluation as a list of launches.

mod forward;
mod reverse;

use super::arena::{Fixed, Work};
use super::constants::Constants;
use super::memory::{Capacity, Memory};
use super::source::{Threads, LANES, ROWS};
use oreo_core::PotentialError;

/// What a kernel is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Argument {
    /// A pointer into the constants.
    Fixed(Fixed),
    /// A pointer into the memory.
    Work(Work),
    /// `int`
    Int(i32),
    /// `double`
    Double(f64),
}

/// One kernel, to begin when the one before has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Launch {
    /// Name of the kernel.
    pub kernel: &'static str,
    /// Blocks in x, y, z.
    pub grid: [u32; 3],
    /// Of a block, in x.
    pub threads: u32,
    /// In the order of the kernel's parameters.
    pub arguments: Vec<Argument>,
}

/// All launches of an evaluation, and the memory that they work on. The same for every batch within the capacity.
#[derive(Debug, Clone)]
pub struct Plan {
    /// In their order.
    pub launches: Vec<Launch>,
    /// What they work on.
    pub memory: Memory,
}

impl Plan {
    /// Energies, forces and virials of batches up to `capacity`.
    ///
    /// # Errors
    /// As [`Memory::new`].
    pub fn new(constants: &Constants, capacity: Capacity) -> Result<Self, PotentialError> {
        let memory = Memory::new(&constants.config, capacity)?;
        let mut planner = Planner {
            constants,
            memory: &memory,
            launches: Vec::new(),
        };
        planner.forward();
        planner.reverse();
        Ok(Self {
            launches: planner.launches,
            memory,
        })
    }
}

struct Planner<'a> {
    constants: &'a Constants,
    memory: &'a Memory,
    launches: Vec<Launch>,
}

/// What the rows of a product belong to.
#[derive(Clone, Copy)]
enum Rows {
    /// One for each atom.
    Features,
    /// Three for each atom.
    Vectors,
}

impl Planner<'_> {
    fn launch(
        &mut self,
        kernel: &'static str,
        grid: [usize; 3],
        threads: u32,
        arguments: &[Argument],
    ) {
        let mut all = vec![Argument::Work(self.memory.counts)];
        all.extend_from_slice(arguments);
        self.launches.push(Launch {
            kernel,
            grid: grid.map(|blocks| blocks.max(1) as u32),
            threads,
            arguments: all,
        });
    }

    /// A kernel made of a product with `width` columns, of which a lane takes `parts` that are 32 apart.
    fn product(
        &mut self,
        kernel: &'static str,
        rows: Rows,
        (width, parts): (usize, usize),
        arguments: &[Argument],
    ) {
        let grid = [width.div_ceil(LANES * parts), self.row_tiles(rows), 1];
        self.launch(kernel, grid, Threads::PRODUCT, arguments);
    }

    fn row_tiles(&self, rows: Rows) -> usize {
        let atoms = self.memory.capacity.atoms;
        match rows {
            Rows::Features => atoms.div_ceil(ROWS),
            Rows::Vectors => (3 * atoms).div_ceil(ROWS),
        }
    }

    fn channels(&self) -> usize {
        self.constants.config.channels
    }

    /// Blocks of the attention: an atom and some heads each.
    fn attention_grid(&self) -> [usize; 3] {
        let source = self.constants.source();
        [
            self.memory.capacity.atoms,
            source.heads / source.group_heads(),
            1,
        ]
    }
}

impl From<Fixed> for Argument {
    fn from(region: Fixed) -> Self {
        Self::Fixed(region)
    }
}

impl From<Work> for Argument {
    fn from(region: Work) -> Self {
        Self::Work(region)
    }
}

impl From<usize> for Argument {
    /// [`Memory::new`] has refused what an `int` does not hold.
    fn from(number: usize) -> Self {
        Self::Int(number as i32)
    }
}

impl From<f64> for Argument {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

/// Arguments of several types as a slice.
macro_rules! arguments {
    ($($argument:expr),* $(,)?) => { &[$(crate::oreo::cuda::plan::Argument::from($argument)),*] };
}
use arguments;
