//! A long run neither slows down nor grows (V20). Speed is printed, not judged: this may run on a busy machine.

mod common;

use common::argon_simulation;
use oreo::observers::{Averages, Distances, FrameContent, Thermo, Trajectory};
use std::time::Instant;

/// kB of resident memory; `None` where the system does not say.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
#[ignore = "minutes"]
fn six_hundred_thousand_steps_need_no_more_memory_than_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let timing = oreo::formats::Timing {
        first_step: 0,
        interval: 100,
        timestep: 0.2,
    };
    let replica = common::argon_replica(0, "nose-hoover")
        .watch(10, Averages::new(0.2, 33))
        .watch(100, Distances::default())
        .watch(
            100,
            Thermo::new(file("thermo.csv"), 0.2, 33, Default::default()),
        )
        .watch(
            100,
            Trajectory::new(file("a.xyz"), timing, FrameContent::default(), 0.2),
        )
        .watch(
            100,
            Trajectory::new(file("a.dcd"), timing, FrameContent::default(), 0.2),
        );
    let mut simulation = argon_simulation(vec![replica]);
    simulation.start().unwrap();
    let mut tenths = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..10 {
        let begin = Instant::now();
        simulation.run(60_000).unwrap();
        tenths.push(begin.elapsed().as_secs_f64());
        memory.push(resident());
    }
    println!("seconds for each tenth: {tenths:.3?}");
    println!("last tenth / first tenth: {:.3}", tenths[9] / tenths[0]);
    println!("resident kB: {memory:?}");
    if let (Some(first), Some(last)) = (memory[0], memory[9]) {
        assert!(
            last <= first + 512,
            "{first} kB after a tenth, {last} kB at the end"
        );
    }
}
