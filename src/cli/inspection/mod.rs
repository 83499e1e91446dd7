//! What a file is.
//!
//! [`kind`] tells which of our files it is; [`weights`], [`data_set`], [`trajectory`], [`checkpoint`], [`run`] and
//! [`source`] each look into one kind; [`near_duplicates`] finds frames that say the same twice; [`rows`] is the text for people.

pub mod checkpoint;
pub mod data_set;
pub mod kind;
pub mod near_duplicates;
pub mod rows;
pub mod run;
pub mod source;
pub mod trajectory;
pub mod weights;
