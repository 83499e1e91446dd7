//! A run cut into at most 64 blocks of time, in fixed memory, however long it gets.
//!
//! When all blocks are full, neighbours are merged pairwise and the block length doubles. Errors of correlated samples
//! are read from the scatter between blocks; see [`crate::floor`] and [`crate::drift`].

use oreo_core::{Archive, ArchiveError, Persist, Scope};

/// Blocks kept at most; even, so that they merge pairwise.
pub const CAPACITY: usize = 64;

/// What a block holds: two real types, a histogram and the moments of a line.
pub trait Block: Clone + Persist {
    /// Takes over what another block holds.
    fn merge(&mut self, other: &Self);
    /// Back to nothing, keeping the memory.
    fn clear(&mut self);
}

/// Consecutive blocks of equal length; the last one may be incomplete.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks<T> {
    blocks: Vec<T>,
    used: usize,
    samples_per_block: u64,
    samples_in_last: u64,
}

impl<T: Block> Blocks<T> {
    /// All memory is taken here; `empty` is a block without samples.
    pub fn new(empty: T) -> Self {
        Self {
            blocks: vec![empty; CAPACITY],
            used: 0,
            samples_per_block: 1,
            samples_in_last: 1,
        }
    }

    /// One sample, put into the current block by `add`. When `add` fails nothing counts as added.
    pub fn sample<E>(&mut self, add: impl FnOnce(&mut T) -> Result<(), E>) -> Result<(), E> {
        let full = self.samples_in_last == self.samples_per_block;
        if full && self.used == CAPACITY {
            self.merge_neighbors();
        }
        let current = if full { self.used } else { self.used - 1 };
        add(&mut self.blocks[current])?;
        self.samples_in_last = if full { 1 } else { self.samples_in_last + 1 };
        self.used = current + 1;
        Ok(())
    }

    fn merge_neighbors(&mut self) {
        for k in 0..CAPACITY / 2 {
            let (front, back) = self.blocks.split_at_mut(2 * k + 1);
            front[2 * k].merge(&back[0]);
            self.blocks.swap(k, 2 * k);
        }
        self.blocks[CAPACITY / 2..].iter_mut().for_each(T::clear);
        self.used = CAPACITY / 2;
        self.samples_per_block *= 2;
        self.samples_in_last = self.samples_per_block;
    }

    /// In order of time; all complete but the last.
    pub fn filled(&self) -> &[T] {
        &self.blocks[..self.used]
    }

    /// Samples in a complete block.
    pub fn samples_per_block(&self) -> u64 {
        self.samples_per_block
    }

    /// Samples in all blocks.
    pub fn samples(&self) -> u64 {
        match self.used {
            0 => 0,
            used => (used as u64 - 1) * self.samples_per_block + self.samples_in_last,
        }
    }

    /// `factor` neighbours merged into one; the last may be shorter.
    pub fn coarsened(&self, factor: usize) -> Vec<T> {
        self.filled()
            .chunks(factor)
            .map(|group| {
                let mut merged = group[0].clone();
                group[1..].iter().for_each(|block| merged.merge(block));
                merged
            })
            .collect()
    }

    /// Everything in one block; `None` without samples.
    pub fn total(&self) -> Option<T> {
        self.coarsened(CAPACITY).pop()
    }
}

impl<T: Block> Persist for Blocks<T> {
    fn persist(&mut self, archive: &mut dyn Archive) -> Result<(), ArchiveError> {
        let mut numbers = [
            self.used as u64,
            self.samples_per_block,
            self.samples_in_last,
        ];
        archive.u64s("blocks", &mut numbers)?;
        let [used, per_block, in_last] = numbers;
        if used > CAPACITY as u64
            || !per_block.is_power_of_two()
            || in_last > per_block
            || in_last == 0
        {
            let problem = format!("{used} blocks of {per_block} samples, {in_last} in the last");
            return Err(ArchiveError::Invalid {
                name: "blocks".into(),
                problem,
            });
        }
        for (k, block) in self.blocks.iter_mut().enumerate() {
            block.persist(&mut Scope::new(archive, format!("block-{k}")))?;
        }
        (self.used, self.samples_per_block, self.samples_in_last) =
            (used as usize, per_block, in_last);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct List(Vec<u64>);

    impl Persist for List {
        fn persist(&mut self, _: &mut dyn Archive) -> Result<(), ArchiveError> {
            Ok(())
        }
    }

    impl Block for List {
        fn merge(&mut self, other: &Self) {
            self.0.extend(&other.0);
        }
        fn clear(&mut self) {
            self.0.clear();
        }
    }

    /// Catches merging k with k + 1 instead of 2k with 2k + 1, and a block that is opened too early or too late.
    #[test]
    fn blocks_hold_consecutive_samples_of_equal_number() {
        let mut blocks = Blocks::new(List(vec![]));
        for sample in 0..1000 {
            blocks
                .sample(|list| {
                    list.0.push(sample);
                    Ok::<_, ()>(())
                })
                .unwrap();
            assert_eq!(blocks.samples(), sample + 1);
            let all: Vec<u64> = blocks
                .filled()
                .iter()
                .flat_map(|list| list.0.clone())
                .collect();
            assert!(all.into_iter().eq(0..=sample));
            let (last, full) = blocks.filled().split_last().unwrap();
            assert!(full
                .iter()
                .all(|list| list.0.len() as u64 == blocks.samples_per_block()));
            assert!(last.0.len() as u64 <= blocks.samples_per_block());
        }
        assert_eq!(
            (blocks.filled().len(), blocks.samples_per_block()),
            (63, 16)
        );
        assert_eq!(blocks.coarsened(4).len(), 16);
        assert_eq!(blocks.total().unwrap().0.len(), 1000);
    }

    #[test]
    fn a_failed_sample_does_not_count() {
        let mut blocks = Blocks::new(List(vec![]));
        assert_eq!(blocks.sample(|_| Err("no")), Err("no"));
        assert_eq!(blocks.samples(), 0);
        assert!(blocks.total().is_none());
    }
}
