//! A run, a training or a relaxation in another process, from the files that it writes; nothing is written here.
//!
//! [`mod@folder`] says what a folder holds, [`tail`] reads growing tables, [`diary`] the log; [`run`], [`training`] and
//! [`relaxation`] put a state together, [`speed`] says how fast it is, [`standing`] whether anybody still works on it.

pub mod diary;
pub mod folder;
pub mod relaxation;
pub mod run;
pub mod speed;
pub mod standing;
pub mod tail;
pub mod training;
