//! The kernels as one text.

use crate::oreo::Config;

/// Pieces in the order in which they need each other.
const PIECES: [(&str, &str); 12] = [
    ("prelude.h", include_str!("kernels/prelude.h")),
    ("filters.h", include_str!("kernels/filters.h")),
    ("product.h", include_str!("kernels/product.h")),
    ("norm.cu", include_str!("kernels/norm.cu")),
    ("geometry.cu", include_str!("kernels/geometry.cu")),
    ("embedding.cu", include_str!("kernels/embedding.cu")),
    ("projections.cu", include_str!("kernels/projections.cu")),
    ("attention.cu", include_str!("kernels/attention.cu")),
    ("update.cu", include_str!("kernels/update.cu")),
    (
        "attention_reverse.cu",
        include_str!("kernels/attention_reverse.cu"),
    ),
    ("readout.cu", include_str!("kernels/readout.cu")),
    (
        "readout_reverse.cu",
        include_str!("kernels/readout_reverse.cu"),
    ),
];

/// Rows and columns of a block of a product, as in `product.h`.
pub(super) const ROWS: usize = 16;
pub(super) const LANES: usize = 32;

/// What shapes the kernels of one network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Source {
    /// C
    pub channels: usize,
    /// C / heads channels each.
    pub heads: usize,
    /// ε of the head's lengths.
    pub vector_smoothing: f32,
}

/// Threads of a block, as the kernels declare them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Threads {
    pub attention: u32,
    pub edge: u32,
}

impl Threads {
    pub const PRODUCT: u32 = 256;
    pub const GEOMETRY: u32 = 64;
    pub const FORCE: u32 = 32;
    pub const MOLECULE: u32 = 160;
    pub const SUM: u32 = 64;
    pub const NORM: u32 = 128;
    pub const ENERGY: u32 = 64;
}

impl Source {
    /// The largest network that fits a block's memory.
    pub const MOST_CHANNELS: usize = 1024;

    /// Of a network.
    pub fn new(config: &Config) -> Self {
        Self {
            channels: config.channels,
            heads: config.heads,
            vector_smoothing: config.vector_smoothing as f32,
        }
    }

    /// One translation unit; messages of a compiler name the piece and the line in it.
    pub fn text(&self) -> String {
        let piece = |(name, text): (&str, &str)| format!("#line 1 \"{name}\"\n{text}");
        PIECES.map(piece).concat()
    }

    /// Macros that the text needs, as (name, value).
    pub fn macros(&self) -> [(&'static str, String); 4] {
        [
            ("CHANNELS", self.channels.to_string()),
            ("HEADS", self.heads.to_string()),
            ("GROUP_HEADS", self.group_heads().to_string()),
            ("VECTOR_SMOOTHING", format!("{:e}f", self.vector_smoothing)),
        ]
    }

    /// Heads of one block of the attention: as many as divide all of them and stay within 64 channels, at least one.
    pub(super) fn group_heads(&self) -> usize {
        let width = self.channels / self.heads;
        let fits = |&count: &usize| self.heads.is_multiple_of(count) && count * width <= 64;
        (2..=self.heads).rev().find(fits).unwrap_or(1)
    }

    pub(super) fn threads(&self) -> Threads {
        let group = self.group_heads() * (self.channels / self.heads);
        let edge = match self.channels {
            channels @ ..256 => channels.next_multiple_of(64),
            _ => 256,
        };
        Threads {
            attention: (group * (256 / group).max(1)) as u32,
            edge: edge as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_the_attention_takes_whole_heads_of_about_64_channels() {
        let of = |channels, heads| Source {
            channels,
            heads,
            vector_smoothing: 0.0,
        };
        assert_eq!(of(256, 8).group_heads(), 2);
        assert_eq!(of(128, 8).group_heads(), 4);
        assert_eq!(of(20, 4).group_heads(), 4);
        assert_eq!(of(120, 3).group_heads(), 1);
        assert_eq!(of(200, 1).group_heads(), 1);
        assert_eq!(of(256, 8).threads().attention, 256);
        assert_eq!(of(20, 4).threads().attention, 240);
        assert_eq!(of(512, 1).threads().attention, 512);
    }
}
