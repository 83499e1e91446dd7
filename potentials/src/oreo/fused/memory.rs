//! Memory that is taken once.

/// The first `count` elements of a buffer, which grows (with some to spare, since the number of pairs varies) but never
/// shrinks. Their values are those of the last use.
pub fn fit<A: Clone + Default>(buffer: &mut Vec<A>, count: usize) -> &mut [A] {
    if buffer.len() < count {
        buffer.resize(count + count / 4, A::default());
    }
    &mut buffer[..count]
}

/// Of memory.
const PAGE: usize = 4096;
/// So many elements after any address, all places of a page that elements can be at have occurred: sizes are multiples
/// of a row of f32.
const PLACES: usize = 32;

/// A buffer that begins at a given place of a page.
///
/// A processor that has just written to one buffer and reads another at the same place of a page takes the two for the
/// same, as far as it looks at first, and waits. So what is read and what is added to in one loop should begin at
/// different places, which the system's allocator leaves to chance (measured: a fifth of the messages' time).
#[derive(Default)]
pub struct Placed<A> {
    buffer: Vec<A>,
    place: usize,
    start: usize,
}

impl<A: Clone + Default> Placed<A> {
    /// Begins so many bytes after the start of a page, as nearly as the size of the elements allows.
    pub fn at(place: usize) -> Self {
        Self {
            buffer: Vec::new(),
            place,
            start: 0,
        }
    }

    /// As [`fit`].
    pub fn fit(&mut self, count: usize) -> &mut [A] {
        fit(&mut self.buffer, count + PLACES);
        let address = self.buffer.as_ptr().addr();
        let beyond = |n: &usize| (address + n * size_of::<A>() + PAGE - self.place) % PAGE;
        self.start = (0..PLACES).min_by_key(beyond).unwrap_or(0);
        &mut self.buffer[self.start..self.start + count]
    }

    /// The first `count` elements, which must have been fitted before.
    pub fn get(&self, count: usize) -> &[A] {
        &self.buffer[self.start..self.start + count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oreo::fused::simd::Row;

    #[test]
    fn a_buffer_begins_at_its_place_whatever_its_size() {
        for place in [0, 1920, 3072] {
            let mut buffer = Placed::<Row<f32>>::at(place);
            for count in [1, 100, 3, 100_000] {
                let address = buffer.fit(count).as_ptr().addr();
                assert!((address + PAGE - place) % PAGE < 128, "{address} {place}");
                assert_eq!(buffer.get(count).as_ptr().addr(), address);
            }
        }
    }
}
