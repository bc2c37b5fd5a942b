//! The server over real sockets: groups, refusals, back-pressure, the page, the end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorstep_office::serve::{Limits, Listen, ServeError, Server};
use doorstep_office::transport::{ClientError, PinnedClient, Timeouts};

use crate::desk::{EchoDesk, areas, start};

fn phone(address: SocketAddr) -> PinnedClient {
    PinnedClient::new(&[format!("http://{address}")], &[], Timeouts::default()).unwrap()
}

/// Sends bytes as they are and reads everything until the server closes.
fn raw(address: SocketAddr, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    raw(address, &request)
}

fn post_headers(address: SocketAddr, headers: &str) -> String {
    let start = format!("POST /sync HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    raw(address, &format!("{start}{headers}\r\n"))
}

#[test]
fn fifty_phones_at_once_share_commits_and_each_gets_its_own_reply() {
    let mut desk = EchoDesk::new(areas());
    desk.slowness = Duration::from_millis(50);
    let desk = Arc::new(desk);
    let (server, address) = start(desk.clone(), Limits::default());
    std::thread::scope(|scope| {
        for n in 0..50_u8 {
            scope.spawn(move || {
                let request = vec![n, 255, n];
                assert_eq!(phone(address).exchange(&request).unwrap(), request);
            });
        }
    });
    let groups = desk.groups();
    assert_eq!(groups.iter().sum::<usize>(), 50);
    assert!(groups.len() <= 15, "grouped: {groups:?}");
    server.stop();
}

#[test]
fn a_phone_finds_no_room_and_is_told_when_to_come_back() {
    let mut desk = EchoDesk::new(areas());
    desk.slowness = Duration::from_millis(1500);
    let limits = Limits {
        waiting_bytes: 16 * 1024,
        ..Limits::default()
    };
    let desk = Arc::new(desk);
    let (_server, address) = start(desk.clone(), limits);
    std::thread::scope(|scope| {
        let first = scope.spawn(move || phone(address).exchange(b"first"));
        desk.wait_until_entered();
        let asked = Instant::now();
        match phone(address).exchange(b"second") {
            Err(ClientError::Busy(wait)) => assert_eq!(wait, Duration::from_secs(5)),
            other => panic!("{other:?}"),
        }
        assert!(asked.elapsed() < Duration::from_secs(1), "told at once");
        assert_eq!(first.join().unwrap().unwrap(), b"first");
    });
    assert_eq!(phone(address).exchange(b"second").unwrap(), b"second");
}

#[test]
fn what_is_too_long_unmeasured_or_of_another_type_is_refused_before_its_body() {
    let desk = Arc::new(EchoDesk::new(areas()));
    let (_server, address) = start(desk.clone(), Limits::default());
    let bytes = "Content-Type: application/octet-stream\r\n";
    for (headers, status, code) in [
        (
            format!("{bytes}Content-Length: 4194305\r\n"),
            "413",
            "sync.too_long",
        ),
        (
            format!("{bytes}Transfer-Encoding: chunked\r\n"),
            "411",
            "sync.no_length",
        ),
        (
            "Content-Type: text/plain\r\nContent-Length: 1\r\n".to_owned(),
            "415",
            "sync.wrong_type",
        ),
        ("Content-Length: 1\r\n".to_owned(), "415", "sync.wrong_type"),
    ] {
        let answer = post_headers(address, &headers);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.contains(code), "{answer}");
    }
    assert!(get(address, "/sync").starts_with("HTTP/1.1 405 "));
    assert!(get(address, "/elsewhere").starts_with("HTTP/1.1 404 "));
    assert!(desk.groups().is_empty());
    let longest = vec![7; 4 * 1024 * 1024];
    assert_eq!(phone(address).exchange(&longest).unwrap(), longest);
}

#[test]
fn a_body_that_is_cut_never_reaches_the_desk() {
    let desk = Arc::new(EchoDesk::new(areas()));
    let (server, address) = start(desk.clone(), Limits::default());
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "POST /sync HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\n\
                Content-Length: 100\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&[1; 60]).unwrap();
    drop(stream);
    assert_eq!(phone(address).exchange(b"whole").unwrap(), b"whole");
    server.stop();
    assert_eq!(desk.groups(), [1]);
}

#[test]
fn stopping_answers_what_was_taken() {
    let mut desk = EchoDesk::new(areas());
    desk.slowness = Duration::from_millis(1500);
    let desk = Arc::new(desk);
    let (server, address) = start(desk.clone(), Limits::default());
    std::thread::scope(|scope| {
        let phones: Vec<_> = (0..8_u8)
            .map(|n| scope.spawn(move || phone(address).exchange(&[n])))
            .collect();
        desk.wait_until_entered();
        // The others are on their way meanwhile, and reach the queue long before the desk is done.
        std::thread::sleep(Duration::from_millis(700));
        server.stop();
        for (n, reply) in (0..).zip(phones) {
            assert_eq!(reply.join().unwrap().unwrap(), [n]);
        }
    });
    assert_eq!(desk.groups().iter().sum::<usize>(), 8);
    assert!(matches!(
        phone(address).exchange(b"late"),
        Err(ClientError::NotReachable(_))
    ));
}

#[test]
fn an_open_page_does_not_keep_the_server_from_stopping() {
    let (server, address) = start(Arc::new(EchoDesk::new(areas())), Limits::default());
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /events HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut first = String::new();
    BufReader::new(stream.try_clone().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert!(first.contains("200"), "{first}");
    let asked = Instant::now();
    server.stop();
    assert!(asked.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_broken_desk_is_said_in_words() {
    let desk = Arc::new(EchoDesk::new(areas()));
    let (_server, address) = start(desk.clone(), Limits::default());
    desk.break_down();
    assert!(matches!(
        phone(address).exchange(b"x"),
        Err(ClientError::Status(500))
    ));
    let page = get(address, "/");
    assert!(page.starts_with("HTTP/1.1 500 ") && page.contains("doorstep verify"));
    assert!(!page.contains("the disk is full"), "the log has the reason");
}

#[test]
fn the_page_is_guarded_and_speaks_both_languages() {
    let (_server, address) = start(Arc::new(EchoDesk::new(areas())), Limits::default());
    let page = get(address, "/");
    for header in [
        "content-security-policy: default-src 'none'",
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
    ] {
        assert!(page.contains(header), "{header}");
    }
    assert!(page.contains("大林居委会") && page.contains("已收到记录"));
    assert!(get(address, "/?lang=en").contains("Records received"));
    let short = get(address, "/?lang=en&show=attention");
    assert!(short.contains("area-310101019013") && !short.contains("area-310101019005"));
    let strange = "GET / HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n";
    assert!(raw(address, strange).starts_with("HTTP/1.1 421 "));
}

#[test]
fn plain_http_is_for_this_machine_and_a_taken_port_is_said() {
    let start = |address: SocketAddr| {
        let listen = Listen {
            address,
            key: None,
            page: false,
        };
        Server::start(
            Arc::new(EchoDesk::new(vec![])),
            &[listen],
            Limits::default(),
        )
    };
    let refused = start("0.0.0.0:0".parse().unwrap()).err().unwrap();
    assert!(matches!(refused, ServeError::PlainToOthers(_)));
    assert_eq!(refused.code(), "serve.plain_http");
    let running = start("127.0.0.1:0".parse().unwrap()).unwrap();
    let taken = start(running.addresses()[0]).err().unwrap();
    assert_eq!(taken.code(), "serve.listen");
}

#[test]
fn a_listener_for_phones_has_no_page() {
    let listen = Listen {
        address: "127.0.0.1:0".parse().unwrap(),
        key: None,
        page: false,
    };
    let desk = Arc::new(EchoDesk::new(areas()));
    let server = Server::start(desk, &[listen], Limits::default()).unwrap();
    let address = server.addresses()[0];
    for path in ["/", "/events"] {
        assert!(get(address, path).starts_with("HTTP/1.1 404 "), "{path}");
    }
    assert!(get(address, "/health").starts_with("HTTP/1.1 200 "));
}
