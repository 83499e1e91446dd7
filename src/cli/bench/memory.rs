//! Bytes: what this process has taken, as the system counts it, and how sizes are said.

/// Most bytes resident at any time so far (`VmHWM`); `None` where the system does not say (it is Linux that does).
pub fn peak_resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    kibibytes(&status, "VmHWM")
}

/// Bytes of a line `name:   1234 kB`, the form of the files below /proc.
pub fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(key, _)| key.trim() == name)?;
    let number: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    number.checked_mul(1024)
}

/// `512 B`, `1.5 KiB`, `3.0 MiB`, `12.3 GiB`
pub fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let power = (bytes.ilog2() / 10).min(units.len() as u32);
    let value = bytes as f64 / 1024_f64.powi(power as i32);
    format!("{value:.1} {}", units[power as usize - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let text = "MemTotal:       16384 kB\nMemFree: 1 kB";
        assert_eq!(kibibytes(text, "MemTotal"), Some(16 << 20));
        assert_eq!(kibibytes(text, "MemFree"), Some(1024));
        assert_eq!(kibibytes("nothing", "MemTotal"), None);
    }

    #[test]
    fn sizes_read_as_people_say_them() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (3 << 20, "3.0 MiB"),
            (5 << 40, "5.0 TiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    /// What was touched stays in the record after it is given back.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_record_covers_what_was_touched() {
        let touched = std::hint::black_box(vec![1_u8; 64 << 20]);
        drop(touched);
        assert!(peak_resident_bytes().unwrap() >= 64 << 20);
    }
}
