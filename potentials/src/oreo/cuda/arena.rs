//! One piece of memory for many arrays.

/// A part of an arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Bytes from the start.
    pub offset: usize,
    /// Length.
    pub bytes: usize,
}

/// A part of the constants, which are written once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed(pub Region);

/// A part of the memory that an evaluation works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work(pub Region);

/// Devices read fastest from such places. A gap is left after every array, so that tests see what is written beyond one.
const ALIGNMENT: usize = 256;

/// Gives regions away, one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Allocator {
    end: usize,
    given: Vec<Region>,
}

impl Allocator {
    /// Room for `count` numbers of `size` bytes.
    pub fn take(&mut self, count: usize, size: usize) -> Region {
        let region = Region {
            offset: self.end,
            bytes: count * size,
        };
        self.end = (self.end + region.bytes + 1).next_multiple_of(ALIGNMENT);
        self.given.push(region);
        region
    }

    /// Bytes in all.
    pub fn bytes(&self) -> usize {
        self.end
    }

    /// In the order of memory.
    pub fn regions(&self) -> &[Region] {
        &self.given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_aligned_and_have_a_gap_between_them() {
        let mut memory = Allocator::default();
        let first = memory.take(64, 4);
        let second = memory.take(1, 8);
        assert_eq!((first.offset, first.bytes), (0, 256));
        assert_eq!((second.offset, second.bytes), (512, 8));
        assert_eq!(memory.bytes(), 768);
        assert_eq!(memory.regions(), [first, second]);
    }
}
