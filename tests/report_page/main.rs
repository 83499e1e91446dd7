//! `report.html`: one file that works alone.
//!
//! - [`runs`], [`training`]: what the pages are about, made by the program
//! - [`html`]: what is in a page, read from its JSON; [`numbers`]: that it is right
//! - [`browser`]: Chromium, where there is one (`OREO_CHROMIUM`, or on the path), and the page's own check,
//!   `report.html#self-check`; [`opened`]: that pages work in it; [`pictures`]: of pages, for docs/images/
#![cfg(all(feature = "cli", feature = "candle"))]

mod browser;
mod html;
mod numbers;
mod opened;
mod pictures;
#[path = "../common/program.rs"]
mod program;
mod runs;
mod training;
