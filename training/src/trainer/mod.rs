//! The loop, its checkpoints and its run folder.
