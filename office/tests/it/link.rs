//! The link over real sockets, in front of a server that echoes until its client has said all.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use doorstep_office::demo::{CuttingProxy, Tally, Weather};

fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut all = vec![];
                if stream.read_to_end(&mut all).is_ok() {
                    let _ = stream.write_all(&all);
                }
            });
        }
    });
    address
}

fn message(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

/// Says all of the message and gives what came back, whole or not.
fn converse(link: &CuttingProxy, message: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(link.address()).unwrap();
    let mut back = vec![];
    if stream.write_all(message).is_ok() && stream.shutdown(Shutdown::Write).is_ok() {
        let _ = stream.read_to_end(&mut back);
    }
    back
}

fn always_cut(bytes: u64) -> Weather {
    Weather {
        cut_per_mille: 1000,
        cut_after: bytes..=bytes,
        ..Weather::clear()
    }
}

#[test]
fn in_clear_weather_every_byte_passes_both_ways() {
    let link = CuttingProxy::start(echo_server(), Weather::clear()).unwrap();
    let message = message(300_000);
    assert_eq!(converse(&link, &message), message);
    assert_eq!(converse(&link, b""), b"");
    let tally = Tally {
        connections: 2,
        cut: 0,
        bytes_up: 300_000,
        bytes_down: 300_000,
    };
    assert_eq!(link.tally(), tally);
}

#[test]
fn a_cut_comes_at_its_byte_and_what_passed_is_a_prefix() {
    let link = CuttingProxy::start(echo_server(), always_cut(1000)).unwrap();
    let message = message(700);
    let back = converse(&link, &message);
    assert_eq!(back, message[..300], "700 up, 300 down, then the cut");
    let tally = link.tally();
    assert_eq!((tally.bytes_up, tally.bytes_down, tally.cut), (700, 300, 1));
    assert_eq!(converse(&link, &vec![1; 5000]), b"", "cut on the way up");
}

#[test]
fn some_are_cut_and_a_client_that_tries_again_gets_through() {
    let link = CuttingProxy::start(echo_server(), Weather::stairwell(42)).unwrap();
    let message = message(3000);
    let mut tries = 0;
    for _ in 0..30 {
        loop {
            tries += 1;
            let back = converse(&link, &message);
            assert!(message.starts_with(&back));
            if back.len() == message.len() {
                break;
            }
        }
    }
    let tally = link.tally();
    assert_eq!(tally.connections, tries);
    assert!(tally.cut > 0 && tries > 30, "{tally:?}");
}

#[test]
fn a_slow_link_is_slow_and_a_late_one_late() {
    let weather = Weather {
        delay_ms: 200..=200,
        bytes_per_second: Some(20_000),
        ..Weather::clear()
    };
    let link = CuttingProxy::start(echo_server(), weather).unwrap();
    let begun = Instant::now();
    let message = message(10_000);
    assert_eq!(converse(&link, &message), message);
    let taken = begun.elapsed();
    assert!(taken >= Duration::from_millis(1100), "{taken:?}");
    assert!(taken < Duration::from_secs(6), "{taken:?}");
}

#[test]
fn the_weather_can_clear_up() {
    let link = CuttingProxy::start(echo_server(), always_cut(10)).unwrap();
    let message = message(100);
    assert_ne!(converse(&link, &message), message);
    link.set_weather(Weather::clear());
    assert_eq!(converse(&link, &message), message);
}

#[test]
fn a_dropped_link_cuts_what_is_open_and_answers_no_more() {
    let link = CuttingProxy::start(echo_server(), Weather::clear()).unwrap();
    let address = link.address();
    let mut open = TcpStream::connect(address).unwrap();
    open.write_all(b"half of it").unwrap();
    while link.tally().bytes_up < 10 {
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(link);
    let mut back = vec![];
    let _ = open.read_to_end(&mut back);
    assert_eq!(back, b"");
    assert!(TcpStream::connect(address).is_err());
}
