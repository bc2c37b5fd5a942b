//! A desk without a replica: it echoes requests, remembers their groups, and shows numbers that
//! requests of the form `area field value` set.

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use doorstep_office::page::{AreaToday, TodayView};
use doorstep_office::serve::{Desk, DeskError, Limits, Listen, Server};

/// 2026-11-26 10:32:05 at +08:00: the tests' today.
pub(crate) const NOW: i64 = 1_795_660_325;

pub(crate) struct EchoDesk {
    state: Mutex<State>,
    changed: Condvar,
    /// How long each group takes.
    pub(crate) slowness: Duration,
}

struct State {
    view: TodayView,
    changes: u64,
    groups: Vec<usize>,
    entered: bool,
    broken: bool,
}

impl EchoDesk {
    pub(crate) fn new(areas: Vec<AreaToday>) -> Self {
        Self {
            state: Mutex::new(State {
                view: TodayView {
                    now: NOW,
                    organisation: "老西门街道".to_owned(),
                    areas,
                    alarms: vec![],
                },
                changes: 1,
                groups: vec![],
                entered: false,
                broken: false,
            }),
            changed: Condvar::new(),
            slowness: Duration::ZERO,
        }
    }

    pub(crate) fn groups(&self) -> Vec<usize> {
        self.state.lock().unwrap().groups.clone()
    }

    /// Waits until a first group is being written.
    pub(crate) fn wait_until_entered(&self) {
        let state = self.state.lock().unwrap();
        drop(self.changed.wait_while(state, |state| !state.entered));
    }

    pub(crate) fn break_down(&self) {
        self.state.lock().unwrap().broken = true;
    }
}

fn apply(view: &mut TodayView, command: &str) {
    let words: Vec<&str> = command.split_whitespace().collect();
    let [code, field, value] = words[..] else {
        return;
    };
    let value: u64 = value.parse().unwrap();
    let at = match view.areas.iter().position(|area| area.code == code) {
        Some(at) => at,
        None => {
            view.areas.push(AreaToday {
                code: code.to_owned(),
                name: format!("{code} 新居委会"),
                ..AreaToday::default()
            });
            view.areas.len() - 1
        }
    };
    let area = &mut view.areas[at];
    match field {
        "received" => area.received = value,
        "held" => area.held = value,
        "unsent" => area.unsent = Some(value),
        "synced" => area.last_sync = Some(value.cast_signed()),
        other => panic!("no field {other}"),
    }
}

impl Desk for EchoDesk {
    fn sync_group(&self, requests: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, DeskError> {
        self.state.lock().unwrap().entered = true;
        self.changed.notify_all();
        std::thread::sleep(self.slowness);
        let mut state = self.state.lock().unwrap();
        if state.broken {
            return Err(DeskError("the disk is full".to_owned()));
        }
        for request in requests {
            if let Ok(command) = std::str::from_utf8(request) {
                apply(&mut state.view, command);
            }
        }
        state.groups.push(requests.len());
        state.changes += 1;
        self.changed.notify_all();
        Ok(requests.to_vec())
    }

    fn today(&self) -> Result<TodayView, DeskError> {
        let state = self.state.lock().unwrap();
        if state.broken {
            return Err(DeskError("the disk is full".to_owned()));
        }
        Ok(state.view.clone())
    }

    fn changes_since(&self, seen: u64, wait: Duration) -> u64 {
        let state = self.state.lock().unwrap();
        let waited = self
            .changed
            .wait_timeout_while(state, wait, |state| state.changes == seen);
        waited.unwrap().0.changes
    }
}

/// Areas as a street has them, with every state that a row can be in.
pub(crate) fn areas() -> Vec<AreaToday> {
    let area = |code: &str, name: &str| AreaToday {
        code: code.to_owned(),
        name: name.to_owned(),
        last_sync: Some(NOW - 600),
        received: 1_208,
        unsent: Some(0),
        phones: 3,
        ..AreaToday::default()
    };
    vec![
        area("310101019005", "大兴居委会"),
        AreaToday {
            held: 12,
            contradictions: 3,
            hazards_open: 9,
            phones_silent_7_days: 1,
            unsent: Some(48),
            ..area("310101019013", "大林居委会")
        },
        AreaToday {
            last_sync: None,
            unsent: None,
            received: 0,
            phones: 0,
            ..area("310101019014", "小桃园居委会")
        },
    ]
}

/// A server on this machine over plain HTTP, with the page.
pub(crate) fn start(desk: Arc<dyn Desk>, limits: Limits) -> (Server, SocketAddr) {
    let listen = Listen {
        address: "127.0.0.1:0".parse().unwrap(),
        key: None,
        page: true,
    };
    let server = Server::start(desk, &[listen], limits).unwrap();
    let address = server.addresses()[0];
    (server, address)
}
