//! A training that is killed twenty times at random moments is the training that was never stopped: same weights, same
//! curves, to the bit.

#[path = "common/program.rs"]
mod program;

use program::{file, json, ETHANOL};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const KILLS: u64 = 20;
/// ms, a kill comes at most as long after the checkpoint has changed.
const LATEST: u64 = 120;

/// Everything that has a memory: moments, average, plateau, denoising noise, shuffling.
fn config() -> String {
    format!(
        r#"
output = "unused"
threads = 1

[network]
channels = 16
layers = 2
heads = 2
radial-functions = 8

[[data]]
file = "{}"
train = 6
validation = 3
test = 1

[[data]]
file = "{}"
validation = 1
weight = 2.0

[training]
steps = 2000
batch = 4
validation-every = 25
checkpoint-every = 10
average = 0.99
clip = 10.0

[training.schedule]
learning-rate = 1e-3
warm-up-steps = 50
then = {{ kind = "plateau", factor = 0.8, patience = 3, lowest = 1e-6 }}
"#,
        file(ETHANOL),
        file("training/tests/data/qm9_first_7.npz")
    )
}

fn start(config: &str, folder: &Path) -> Child {
    let folder = folder.to_str().unwrap();
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("oreo"));
    // Killed before it could say what it is, a run is begun again.
    match Path::new(folder).join("config.toml").exists() {
        true => command.args(["train", "--resume", folder]),
        false => {
            let _ = fs::remove_dir_all(folder);
            command.args(["train", config, "--output", folder])
        }
    };
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// The moment of the last checkpoint, if there is one.
fn saved(folder: &Path) -> Option<SystemTime> {
    let checkpoint = fs::metadata(folder.join("checkpoint.oreo")).ok()?;
    checkpoint.modified().ok()
}

/// Kills a random time after the first checkpoint of this session, or at once after the start; false when it was done.
fn kill_at_a_random_moment(config: &str, folder: &Path, random: u64) -> bool {
    let before = saved(folder);
    let mut child = start(config, folder);
    let began = Instant::now();
    // Every fifth is killed while it starts.
    while !random.is_multiple_of(5) && saved(folder) == before {
        assert!(began.elapsed() < Duration::from_secs(60), "no checkpoint");
        if child.try_wait().unwrap().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_micros(random % (1000 * LATEST)));
    let done = child.try_wait().unwrap().is_some();
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    !done
}

/// Without wall time (third column) and speed (last).
fn curves(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("learning_curves.csv")).unwrap();
    let without_times = |line: &str| {
        let cells: Vec<_> = line.split(',').collect();
        let kept = cells.iter().enumerate();
        let kept = kept.filter(|(column, _)| *column != 2 && *column != cells.len() - 1);
        kept.map(|(_, cell)| *cell).collect::<Vec<_>>().join(",")
    };
    text.lines().map(without_times).collect()
}

/// Steele, Lea and Flood's SplitMix64.
fn mix(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Planted: the moving average not saved.
#[test]
fn a_training_killed_twenty_times_is_the_training_that_was_never_stopped() {
    let given = std::env::var("OREO_TEST_SEED").ok();
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut seed = given.map_or(clock.as_nanos() as u64, |seed| seed.parse().unwrap());
    println!("moments of the kills: OREO_TEST_SEED={seed}");
    let place = tempfile::tempdir().unwrap();
    let config_file = place.path().join("c.toml");
    fs::write(&config_file, config()).unwrap();
    let config_file = config_file.to_str().unwrap();
    let [whole, killed] = ["whole", "killed"].map(|name| place.path().join(name));
    let started = Instant::now();
    let expected = json(&["train", config_file, "--output", whole.to_str().unwrap()]);
    println!("never stopped: {:.1?}", started.elapsed());
    let mut kills = 0;
    for _ in 0..KILLS {
        kills += u64::from(kill_at_a_random_moment(
            config_file,
            &killed,
            mix(&mut seed),
        ));
    }
    println!("killed {kills} times before the end");
    assert!(kills >= 15, "over too early for this test: {kills} kills");
    let found = json(&["train", "--resume", killed.to_str().unwrap()]);
    println!("in all: {:.1?}", started.elapsed());
    for name in ["best.safetensors", "last.safetensors"] {
        let [a, b] = [&whole, &killed].map(|folder| fs::read(folder.join(name)).unwrap());
        assert!(a == b, "{name} differs after {kills} kills");
    }
    assert_eq!(curves(&whole), curves(&killed));
    for number in [
        "steps",
        "test_force_mae_mev_per_a",
        "validation_force_mae_mev_per_a",
    ] {
        assert_eq!(expected[number], found[number]);
    }
}
