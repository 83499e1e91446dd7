//! Energies and forces. (menu to be written)

pub mod oreo;
