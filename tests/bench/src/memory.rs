//! How much memory a process has held at most, as the system counts it.

use crate::line::Line;

/// The peak of this process so far, as a line of this benchmark.
pub(crate) fn peak_line(name: &str) -> Option<Line> {
    let peak = peak_of("self")?;
    Some(Line::alone(format!("{name}_peak"), peak, "MB"))
}

/// The peak of resident memory of a process, MB; none where the system does not say.
pub(crate) fn peak_of(process: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// CPU of a process so far, its own and the system's for it, seconds.
pub(crate) fn cpu_of(process: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name may hold anything; what follows its last parenthesis are numbers.
    let (_, numbers) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = numbers.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}

/// Ticks of a second: fixed on Linux.
const TICKS: f64 = 100.0;
