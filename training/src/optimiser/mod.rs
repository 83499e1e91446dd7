//! AdamW, its schedule, averages of the weights.
