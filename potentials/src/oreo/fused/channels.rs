//! Where the channels of the network are in memory.
//!
//! Heads are padded so that each fills half a row or some whole rows; then the sum over a head is a sum over registers.
//! Padding has weight 0 on both sides of every product and never reaches a result.

use super::simd::PANEL;
use crate::oreo::Config;

/// Places of memory in order, with the channel that each holds; `None` is padding.
#[derive(Debug, Clone, PartialEq)]
pub struct Channels(Vec<Option<usize>>);

/// What belongs to one attention weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadWidth {
    /// Sixteen channels: two heads a row.
    HalfPanel,
    /// So many rows of 32.
    Panels(usize),
}

impl HeadWidth {
    /// Of the network.
    pub fn of(config: &Config) -> Self {
        match config.head_width() {
            0..=16 => Self::HalfPanel,
            width => Self::Panels(width.div_ceil(PANEL)),
        }
    }

    /// Panels that have to be worked on together.
    pub fn panels(self) -> usize {
        match self {
            Self::HalfPanel => 1,
            Self::Panels(count) => count,
        }
    }

    fn places(self) -> usize {
        match self {
            Self::HalfPanel => PANEL / 2,
            Self::Panels(count) => count * PANEL,
        }
    }
}

impl Channels {
    /// All C channels, head by head.
    pub fn of_heads(config: &Config) -> Self {
        let (width, places) = (config.head_width(), HeadWidth::of(config).places());
        let head = |head: usize| (0..places).map(move |n| (n < width).then_some(head * width + n));
        Self((0..config.heads).flat_map(head).collect()).padded()
    }

    /// `count` channels in their order.
    pub fn plain(count: usize) -> Self {
        Self((0..count).map(Some).collect()).padded()
    }

    /// The same places with `shift` added to their channels.
    pub fn shifted(&self, shift: usize) -> Self {
        let shifted = |channel: &Option<usize>| channel.map(|c| c + shift);
        Self(self.0.iter().map(shifted).collect())
    }

    /// These, and then others.
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Place by place.
    pub fn all(&self) -> &[Option<usize>] {
        &self.0
    }

    /// Rows for one atom.
    pub fn panels(&self) -> usize {
        self.0.len() / PANEL
    }

    /// The channel at a place.
    pub fn at(&self, place: usize) -> Option<usize> {
        self.0[place]
    }

    /// Channels of one panel.
    pub fn panel(&self, panel: usize) -> &[Option<usize>] {
        &self.0[panel * PANEL..(panel + 1) * PANEL]
    }

    fn padded(mut self) -> Self {
        self.0.resize(self.0.len().next_multiple_of(PANEL), None);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(channels: usize, heads: usize) -> Config {
        Config {
            channels,
            heads,
            ..Config::et_oreo()
        }
    }

    /// Every channel once, no head in two places, whole panels.
    #[test]
    fn every_channel_has_one_place_and_heads_stay_together() {
        for (channels, heads, panels) in [(256, 8, 8), (128, 8, 4), (32, 4, 2), (20, 4, 2)] {
            let config = config(channels, heads);
            let places = Channels::of_heads(&config);
            assert_eq!(places.panels(), panels);
            let found: Vec<_> = places.0.iter().flatten().copied().collect();
            assert_eq!(found, (0..channels).collect::<Vec<_>>());
        }
        for (channels, heads, panels) in [(256, 4, 8), (120, 3, 6), (36, 3, 2), (7, 1, 1)] {
            assert_eq!(
                Channels::of_heads(&config(channels, heads)).panels(),
                panels
            );
        }
    }

    #[test]
    fn a_head_fills_half_a_panel_or_whole_panels() {
        assert_eq!(HeadWidth::of(&config(128, 8)), HeadWidth::HalfPanel);
        assert_eq!(HeadWidth::of(&config(256, 8)), HeadWidth::Panels(1));
        assert_eq!(HeadWidth::of(&config(120, 3)), HeadWidth::Panels(2));
        let places = Channels::of_heads(&config(36, 3));
        assert_eq!(places.at(11), Some(11));
        assert_eq!((places.at(12), places.at(16)), (None, Some(12)));
    }
}
