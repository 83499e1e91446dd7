//! Memory that is taken once.

/// The first `count` elements of a buffer, which grows (with some to spare, since the number of pairs varies) but never
/// shrinks. Their values are those of the last use.
pub fn fit<A: Clone + Default>(buffer: &mut Vec<A>, count: usize) -> &mut [A] {
    if buffer.len() < count {
        buffer.resize(count + count / 4, A::default());
    }
    &mut buffer[..count]
}
