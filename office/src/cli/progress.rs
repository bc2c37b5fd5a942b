//! How far long work has come, for people who wait at a terminal. Programs and files never see it.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work is long from here on.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hears how far work has come.
pub trait Progress {
    /// So much of the whole is done.
    fn reached(&mut self, done: u64, of: u64);
}

/// Nobody waits.
#[derive(Debug, Default, Clone, Copy)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn reached(&mut self, _: u64, _: u64) {}
}

/// A bar on the terminal; it shows itself when work takes longer than a second.
#[derive(Debug)]
pub struct Bar {
    since: Instant,
    bar: Option<ProgressBar>,
    visible: bool,
}

impl Bar {
    /// A bar on standard error, if that is a terminal.
    pub fn on_terminal() -> Self {
        Self::shown(std::io::stderr().is_terminal())
    }

    fn shown(visible: bool) -> Self {
        Self {
            since: Instant::now(),
            bar: None,
            visible,
        }
    }
}

impl Progress for Bar {
    fn reached(&mut self, done: u64, of: u64) {
        if !self.visible || (self.bar.is_none() && self.since.elapsed() < PATIENCE) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(of), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}") {
                bar.set_style(style);
            }
            bar
        });
        bar.set_length(of);
        bar.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_comes_only_after_a_second_and_only_where_somebody_looks() {
        let mut quick = Bar::shown(true);
        quick.reached(1, 2);
        assert!(quick.bar.is_none());
        for visible in [true, false] {
            let mut slow = Bar::shown(visible);
            let since = Instant::now().checked_sub(PATIENCE * 2).unwrap();
            slow.since = since;
            slow.reached(1, 2);
            assert_eq!(slow.bar.is_some(), visible);
        }
    }
}
