//! How far the demo has come, for people at a terminal: a bar on standard error that comes after a
//! second. Programs and files never see it.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work is long from here on.
const PATIENCE: Duration = Duration::from_secs(1);

/// Counts steps of a stage; threads share it.
pub(super) struct Meter {
    visible: bool,
    stage: Mutex<Stage>,
}

struct Stage {
    name: &'static str,
    since: Instant,
    done: u64,
    of: u64,
    bar: Option<ProgressBar>,
}

impl Meter {
    /// A meter that shows itself where somebody looks, unless it should be silent.
    pub(super) fn new(silent: bool) -> Self {
        Self {
            visible: !silent && std::io::stderr().is_terminal(),
            stage: Mutex::new(Stage {
                name: "",
                since: Instant::now(),
                done: 0,
                of: 0,
                bar: None,
            }),
        }
    }

    /// Another stage begins, of so many steps.
    pub(super) fn stage(&self, name: &'static str, of: u64) {
        let mut stage = super::lock(&self.stage);
        if let Some(bar) = stage.bar.take() {
            bar.finish_and_clear();
        }
        *stage = Stage {
            name,
            since: Instant::now(),
            done: 0,
            of,
            bar: None,
        };
    }

    /// So many more steps are done.
    pub(super) fn step(&self, steps: u64) {
        let mut stage = super::lock(&self.stage);
        stage.done += steps;
        if !self.visible || (stage.bar.is_none() && stage.since.elapsed() < PATIENCE) {
            return;
        }
        let (name, done, of) = (stage.name, stage.done, stage.of);
        let bar = stage.bar.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(of), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len}") {
                bar.set_style(style);
            }
            bar.set_message(name);
            bar
        });
        bar.set_position(done);
    }

    /// Nothing more comes.
    pub(super) fn end(&self) {
        self.stage("", 0);
    }
}
