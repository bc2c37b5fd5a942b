//! Eight hundred phones within a minute: each pushes an evening's checks and pulls its committee's news,
//! over HTTP, from an office in a process of its own. Generator and office share the machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use doorstep_office::bureau::Bureau;
use doorstep_office::desk::OfficeDesk;
use doorstep_office::serve::{Limits, Listen, Server};
use doorstep_office::transport::{PinnedClient, Timeouts};
use doorstep_replica::sync::PIECE;
use doorstep_replica::{Clock, SystemClock};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::clock::{now, process_cpu, quantile};
use crate::committee::{BUILDINGS, Committee, answer, carry};
use crate::data::FULL;
use crate::line::Line;
use crate::memory;
use crate::scribe::{Scribe, Taken};

const COMMITTEES: u32 = 16;
const PHONES: usize = 800;
const CHECKS: usize = 60;
/// In which they arrive, seconds.
const WITHIN: f64 = 60.0;
/// Threads that carry phones; a phone that finds none free waits, and its wait counts.
const CARRIERS: usize = 24;

/// The office under load, as one process: answers until its input ends.
pub(crate) fn serve(folder: &Path) {
    let bureau = Bureau::open(folder).expect("the office opens");
    let listen = Listen {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        key: None,
        page: true,
    };
    let desk = Arc::new(OfficeDesk::new(Arc::new(bureau)));
    let server = Server::start(desk, &[listen], Limits::default()).expect("a free port");
    println!("{}", server.addresses()[0]);
    let _ = std::io::stdout().flush();
    let _ = std::io::stdin().read(&mut [0]);
    server.stop();
}

/// A phone that will come, and with what.
struct Caller {
    device: Scribe,
    evening: Vec<u8>,
    /// Seconds after the first.
    at: f64,
}

/// The load.
pub(crate) fn load() -> Vec<Line> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let wall = SystemClock.wall();
    let callers = callers(folder.path(), wall);
    let mut office = Running::start(folder.path());
    let seen = run(&office.address, callers, wall);
    let rss = office.peak();
    let cpu = office.cpu();
    office.stop();

    assert_eq!(seen.errors, 0, "every phone got its reply");
    let mut times = seen.times;
    let requests = times.len();
    vec![
        Line::alone("load_p99", quantile(&mut times, 0.99) * 1e3, "ms"),
        Line::alone("load_p50", quantile(&mut times, 0.5) * 1e3, "ms"),
        Line::alone("load_max", quantile(&mut times, 1.0) * 1e3, "ms"),
        Line::alone("load_requests", requests as f64, "requests"),
        Line::alone("load_news", seen.news as f64 / 1e6, "MB"),
        Line::alone("load_rss", rss, "MB"),
        Line::alone("load_cpu", cpu, "s"),
        Line::alone("load_generator_cpu", seen.cpu, "s"),
    ]
}

/// An office with sixteen committees and everybody who will call, enrolled some days ago.
fn callers(folder: &Path, wall: i64) -> Vec<Caller> {
    let bureau = Bureau::create(folder, "老西门街道").expect("a new office");
    let office = bureau.office();
    let organisation = office.organisation_key().expect("it is an office");
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let mut callers = Vec::new();
    for number in 0..COMMITTEES {
        let mut committee = Committee::new(&organisation, number, BUILDINGS);
        let mut clerk = committee.device(&organisation, 900);
        clerk.enrol(wall, |request| answer(office, request));
        carry(office, &mut clerk, &committee.segments, wall);
        for nth in 0..PHONES as u32 / COMMITTEES {
            let mut device = committee.device(&organisation, nth);
            device.enrol(wall, |request| answer(office, request));
            device.pull(PIECE as u32, wall, |request| answer(office, request));
            let evening = committee.evening(&mut device, nth as usize, 0, CHECKS, FULL);
            let at = f64::from(rng.next_u32()) / f64::from(u32::MAX) * WITHIN;
            callers.push(Caller {
                device,
                evening,
                at,
            });
        }
    }
    callers.sort_by(|one, other| one.at.total_cmp(&other.at));
    callers
}

#[derive(Default)]
struct Seen {
    /// Of every request, from when its phone wanted it, seconds.
    times: Vec<f64>,
    errors: usize,
    news: usize,
    cpu: f64,
}

fn run(address: &str, callers: Vec<Caller>, wall: i64) -> Seen {
    let cpu = process_cpu();
    let begun = now();
    let next = AtomicUsize::new(0);
    let callers: Vec<Mutex<Caller>> = callers.into_iter().map(Mutex::new).collect();
    let seen = Mutex::new(Seen::default());
    std::thread::scope(|scope| {
        for _ in 0..CARRIERS {
            scope.spawn(|| {
                while let Some(caller) = callers.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let caller = &mut *caller.lock().unwrap_or_else(PoisonError::into_inner);
                    let wanted = begun + caller.at;
                    let wait = (wanted - now()).max(0.0);
                    std::thread::sleep(Duration::from_secs_f64(wait));
                    let one = call(address, caller, wanted, wall);
                    let mut all = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    all.times.extend(one.times);
                    all.errors += one.errors;
                    all.news += one.news;
                }
            });
        }
    });
    let mut seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    seen.cpu = process_cpu() - cpu;
    seen
}

/// One phone's exchange over a connection of its own.
fn call(address: &str, caller: &mut Caller, mut wanted: f64, wall: i64) -> Seen {
    let mut seen = Seen::default();
    let address = format!("http://{address}");
    let Ok(client) = PinnedClient::new(&[address], &[], Timeouts::default()) else {
        seen.errors += 1;
        return seen;
    };
    let budget = PIECE as u32;
    let evening = [std::mem::take(&mut caller.evening)];
    let mut pushed: &[Vec<u8>] = &evening;
    let mut request = caller.device.request(pushed, budget, wall);
    loop {
        let Ok(reply) = client.exchange(&request) else {
            seen.errors += 1;
            return seen;
        };
        seen.times.push(now() - wanted);
        seen.news += reply.len();
        wanted = now();
        request = match caller.device.take(&reply, pushed, budget, wall) {
            Taken::Done { more: false } => return seen,
            Taken::Done { more: true } => {
                pushed = &[];
                caller.device.request(pushed, budget, wall)
            }
            Taken::Again(request) => request,
            Taken::Refused(_) => {
                seen.errors += 1;
                return seen;
            }
        };
    }
}

/// The office's process.
struct Running {
    child: Child,
    input: Option<ChildStdin>,
    address: String,
}

impl Running {
    fn start(folder: &Path) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .arg("--serve")
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the office starts");
        let output = child.stdout.take().expect("piped");
        let mut address = String::new();
        BufReader::new(output)
            .read_line(&mut address)
            .expect("the office says where it is");
        Self {
            input: child.stdin.take(),
            child,
            address: address.trim().to_owned(),
        }
    }

    fn peak(&self) -> f64 {
        memory::peak_of(&self.child.id().to_string()).unwrap_or(0.0)
    }

    /// CPU of the office so far, seconds.
    fn cpu(&self) -> f64 {
        memory::cpu_of(&self.child.id().to_string()).unwrap_or(0.0)
    }

    fn stop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
