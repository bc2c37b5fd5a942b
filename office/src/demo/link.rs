//! A link that cuts: a TCP proxy on this machine that delays, slows and cuts connections as its
//! weather says. It never changes, reorders or invents a byte: what passes is a prefix.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::weather::{Fate, Weather};

/// A proxy in front of one address. Dropping it cuts every connection and frees its port.
#[derive(Debug)]
pub struct CuttingProxy {
    address: SocketAddr,
    link: Arc<Link>,
    accepting: Option<JoinHandle<()>>,
}

/// What has passed so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Connections accepted.
    pub connections: u64,
    /// Of these, connections that the link cut.
    pub cut: u64,
    /// Bytes that passed from clients.
    pub bytes_up: u64,
    /// Bytes that passed to clients.
    pub bytes_down: u64,
}

#[derive(Debug)]
struct Link {
    target: SocketAddr,
    weather: Mutex<Weather>,
    open: Mutex<BTreeMap<u64, [TcpStream; 2]>>,
    stopping: AtomicBool,
    connections: AtomicU64,
    cut: AtomicU64,
    bytes: [AtomicU64; 2],
}

/// Index of a direction: from the client, to the client.
const UP: usize = 0;
const DOWN: usize = 1;

impl CuttingProxy {
    /// Listens on a free port of this machine and passes connections on to `target`.
    ///
    /// # Errors
    /// When the system gives no port or no thread.
    pub fn start(target: SocketAddr, weather: Weather) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let link = Arc::new(Link {
            target,
            weather: Mutex::new(weather),
            open: Mutex::default(),
            stopping: AtomicBool::new(false),
            connections: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            bytes: Default::default(),
        });
        let accepting = Arc::clone(&link);
        let accepting = std::thread::Builder::new()
            .name("link".to_owned())
            .spawn(move || accepting.accept(&listener))?;
        Ok(Self {
            address,
            link,
            accepting: Some(accepting),
        })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather for connections to come; the numbering goes on.
    pub fn set_weather(&self, weather: Weather) {
        *lock(&self.link.weather) = weather;
    }

    /// What has passed so far.
    pub fn tally(&self) -> Tally {
        let read = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        Tally {
            connections: read(&self.link.connections),
            cut: read(&self.link.cut),
            bytes_up: read(&self.link.bytes[UP]),
            bytes_down: read(&self.link.bytes[DOWN]),
        }
    }
}

impl Drop for CuttingProxy {
    fn drop(&mut self) {
        self.link.stopping.store(true, Ordering::SeqCst);
        // Wakes the accepting thread; if nobody listens any more it has ended already.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        for pair in lock(&self.link.open).values() {
            shut(pair);
        }
    }
}

impl Link {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            let Ok(client) = client else { continue };
            let number = self.connections.fetch_add(1, Ordering::SeqCst);
            let fate = lock(&self.weather).fate(number);
            let link = Arc::clone(self);
            // Without a thread the connection is dropped: to the client, one more cut.
            let _ = std::thread::Builder::new()
                .name(format!("link {number}"))
                .spawn(move || link.carry(number, client, fate));
        }
    }

    /// Carries one connection until both sides are done or it is cut. A socket error ends it: that
    /// is what a link that cuts is for.
    fn carry(&self, number: u64, client: TcpStream, fate: Fate) {
        std::thread::sleep(fate.delay);
        let Ok(office) = TcpStream::connect(self.target) else {
            return;
        };
        let pair = [client, office];
        let (Ok(kept_client), Ok(kept_office)) = (pair[0].try_clone(), pair[1].try_clone()) else {
            return;
        };
        lock(&self.open).insert(number, [kept_client, kept_office]);
        if self.stopping.load(Ordering::SeqCst) {
            shut(&pair);
        }
        let allowance = AtomicU64::new(fate.cut_after.unwrap_or(u64::MAX));
        std::thread::scope(|scope| {
            scope.spawn(|| self.pump(&pair, UP, fate, &allowance));
            self.pump(&pair, DOWN, fate, &allowance);
        });
        lock(&self.open).remove(&number);
    }

    fn pump(&self, pair: &[TcpStream; 2], direction: usize, fate: Fate, allowance: &AtomicU64) {
        let [mut from, mut to] = match direction {
            UP => [&pair[0], &pair[1]],
            _ => [&pair[1], &pair[0]],
        };
        let mut buffer = vec![0; piece(fate.bytes_per_second)];
        loop {
            let read = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let allowed = take(allowance, read as u64);
            let passing = &buffer[..usize::try_from(allowed).unwrap_or(read)];
            if to.write_all(passing).is_err() {
                break;
            }
            self.bytes[direction].fetch_add(allowed, Ordering::SeqCst);
            if allowed < read as u64 {
                self.cut.fetch_add(1, Ordering::SeqCst);
                shut(pair);
                return;
            }
            if let Some(rate) = fate.bytes_per_second {
                std::thread::sleep(Duration::from_secs_f64(read as f64 / f64::from(rate)));
            }
        }
        // Half of the connection is done; the other half may still speak.
        let _ = to.shutdown(Shutdown::Write);
    }
}

/// Takes up to `wanted` from what may still pass.
fn take(allowance: &AtomicU64, wanted: u64) -> u64 {
    let before = allowance
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            Some(left.saturating_sub(wanted))
        })
        .unwrap_or_else(|left| left);
    before.min(wanted)
}

/// Bytes of one step: a twentieth of a second at a slow rate.
fn piece(bytes_per_second: Option<u32>) -> usize {
    bytes_per_second.map_or(16 * 1024, |rate| {
        usize::try_from(rate / 20).unwrap_or(1).clamp(1, 16 * 1024)
    })
}

fn shut(pair: &[TcpStream; 2]) {
    for stream in pair {
        // Closed by the other side already is as good.
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// The state behind these locks is whole after every statement, whoever panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
