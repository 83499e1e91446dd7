//! How rows are divided: into chunks that stay in a cache, and these into blocks whose sums fit into the registers.

/// Most bytes of x (or dy) that are multiplied with all of W before the next rows: what is read again for every panel of
/// outputs (or inputs) should stay in the second cache.
const CHUNK: usize = 512 * 1024;

/// Rows that are multiplied with all of W before the next.
#[derive(Clone, Copy)]
pub struct Chunk {
    pub first: usize,
    pub count: usize,
}

impl Chunk {
    pub fn end(&self) -> usize {
        self.first + self.count
    }
}

/// Even chunks of so many rows of all panels `x`, which are read.
pub fn chunks<A>(rows: usize, x: &[A]) -> impl Iterator<Item = Chunk> {
    let chunks = std::mem::size_of_val(x).div_ceil(CHUNK).min(rows);
    let start = move |n: usize| n * rows / chunks;
    (0..chunks).map(move |n| Chunk {
        first: start(n),
        count: start(n + 1) - start(n),
    })
}

/// Splits rows evenly into blocks of at most `$largest`, and calls `$block::<V, M>` with a constant number for each.
macro_rules! in_blocks {
    ($chunk:expr, $largest:expr, |$first:ident| $call:ident.$method:ident::<V, M>($($argument:expr),*)) => {
        let (end, mut $first) = ($chunk.end(), $chunk.first);
        let mut blocks = $chunk.count.div_ceil($largest);
        while blocks > 0 {
            let count = (end - $first).div_ceil(blocks);
            match count {
                1 => $call.$method::<V, 1>($($argument),*),
                2 => $call.$method::<V, 2>($($argument),*),
                3 => $call.$method::<V, 3>($($argument),*),
                4 => $call.$method::<V, 4>($($argument),*),
                5 => $call.$method::<V, 5>($($argument),*),
                6 => $call.$method::<V, 6>($($argument),*),
                7 => $call.$method::<V, 7>($($argument),*),
                8 => $call.$method::<V, 8>($($argument),*),
                9 => $call.$method::<V, 9>($($argument),*),
                10 => $call.$method::<V, 10>($($argument),*),
                11 => $call.$method::<V, 11>($($argument),*),
                12 => $call.$method::<V, 12>($($argument),*),
                _ => unreachable!("blocks have at most twelve rows"),
            }
            $first += count;
            blocks -= 1;
        }
    };
}

pub(super) use in_blocks;
