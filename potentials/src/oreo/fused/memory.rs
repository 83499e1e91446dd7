//! Memory that is taken once.

/// The first `count` elements of a buffer, which grows (with some to spare, since the number of pairs varies) but never
/// shrinks. Their values are those of the last use.
pub fn fit<A: Clone + Default>(buffer: &mut Vec<A>, count: usize) -> &mut [A] {
    if buffer.len() < count {
        buffer.resize(count + count / 4, A::default());
    }
    &mut buffer[..count]
}

/// A buffer that begins some bytes after the start of its memory.
///
/// Large buffers start at the same place of a page. A processor that has just written to one and reads another at the
/// same distance takes the two for the same place, as far as it looks at first, and waits. So what is read and what is
/// added to in one loop should begin at different distances: a few hundred bytes are enough.
#[derive(Default)]
pub struct Shifted<A> {
    buffer: Vec<A>,
    shift: usize,
}

impl<A: Clone + Default> Shifted<A> {
    /// Begins so many bytes, rounded to whole elements, after the start.
    pub fn by(bytes: usize) -> Self {
        Self {
            buffer: Vec::new(),
            shift: bytes / std::mem::size_of::<A>(),
        }
    }

    /// As [`fit`].
    pub fn fit(&mut self, count: usize) -> &mut [A] {
        &mut fit(&mut self.buffer, self.shift + count)[self.shift..]
    }

    /// The first `count` elements, which must have been fitted before.
    pub fn get(&self, count: usize) -> &[A] {
        &self.buffer[self.shift..self.shift + count]
    }
}
