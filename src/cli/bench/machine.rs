//! Where it was measured.

use crate::cli::commands::doctor::Cpu;

/// As the system names the processor; `None` where it does not.
pub fn processor() -> Option<String> {
    Cpu::of_this_machine().name
}

/// Threads that can run at once.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Of the last minute; `None` where the system does not say.
pub fn load_average() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// What is measured on a busy machine says more about the others than about this program.
pub fn crowded(load: f64) -> Option<String> {
    let cores = cores();
    (load > 0.8 * cores as f64).then(|| {
        format!("the machine is busy (load {load} on {cores} cores): quote the minimum, or measure again")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_machine_is_said_to_be_busy() {
        assert!(crowded(1e6).unwrap().contains("busy"));
        assert_eq!(crowded(0.0), None);
    }
}
