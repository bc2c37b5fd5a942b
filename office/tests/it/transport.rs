//! Phones and keys: the right key whatever surrounds it, and no other.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use doorstep_office::bureau::{Bureau, tap};
use doorstep_office::demo::{CuttingProxy, Weather};
use doorstep_office::serve::{Limits, Listen, Server};
use doorstep_office::transport::{ClientError, KEY_FILE, PinnedClient, Timeouts, TransportKey};
use rcgen::{CertificateParams, KeyPair};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde_json::json;

use crate::desk::EchoDesk;
use crate::street::Desk;

const QUICK: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    exchange: Duration::from_secs(10),
};

fn office(folder: &Path, address: &str) -> (Server, [u8; 32]) {
    let key = Arc::new(TransportKey::load_or_create(folder).unwrap());
    let pin = key.spki_sha256();
    let listen = Listen {
        address: address.parse().unwrap(),
        key: Some(key),
        page: false,
    };
    let desk = Arc::new(EchoDesk::new(vec![]));
    let server = Server::start(desk, &[listen], Limits::default()).unwrap();
    (server, pin)
}

fn url(server: &Server) -> String {
    format!("https://{}", server.addresses()[0])
}

fn exchange(addresses: &[String], pin: [u8; 32]) -> Result<Vec<u8>, ClientError> {
    PinnedClient::new(addresses, &[pin], QUICK)?.exchange(b"hello")
}

#[test]
fn the_key_of_the_invitation_is_trusted_and_stays_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (server, pin) = office(folder.path(), "127.0.0.1:0");
    assert_eq!(exchange(&[url(&server)], pin).unwrap(), b"hello");
    server.stop();
    let (server, _) = office(folder.path(), "127.0.0.1:0");
    assert_eq!(exchange(&[url(&server)], pin).unwrap(), b"hello");
}

#[test]
fn another_key_is_refused_and_so_is_a_changed_one() {
    let folder = tempfile::tempdir().unwrap();
    let (server, pin) = office(folder.path(), "127.0.0.1:0");
    let mut other = pin;
    other[31] ^= 1;
    let error = exchange(&[url(&server)], other).unwrap_err();
    assert_eq!(error.code(), "transport.wrong_key", "{error}");
    server.stop();
    fs::remove_file(folder.path().join("transport.pem")).unwrap();
    let (server, _) = office(folder.path(), "127.0.0.1:0");
    let error = exchange(&[url(&server)], pin).unwrap_err();
    assert_eq!(error.code(), "transport.wrong_key", "{error}");
}

#[test]
fn dates_and_names_of_the_certificate_do_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let mut pins = vec![];
    for (from, to, name) in [
        (1975, 1980, "somewhere.example"),
        (2090, 2091, "elsewhere.example"),
    ] {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(to, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        let pem = format!("{}{}", key.serialize_pem(), certificate.pem());
        fs::write(folder.path().join("transport.pem"), pem).unwrap();
        let (server, pin) = office(folder.path(), "127.0.0.1:0");
        assert_eq!(exchange(&[url(&server)], pin).unwrap(), b"hello");
        pins.push(pin);
    }
    assert_eq!(
        pins[0], pins[1],
        "the pin is the key's, not the certificate's"
    );
}

/// Shows the office's certificate and signs with a key of its own.
#[derive(Debug)]
struct Thief(Arc<CertifiedKey>);

impl ResolvesServerCert for Thief {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

#[test]
fn the_certificate_without_its_key_proves_nothing() {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    let folder = tempfile::tempdir().unwrap();
    let pin = TransportKey::load_or_create(folder.path())
        .unwrap()
        .spki_sha256();
    let pem = fs::read(folder.path().join("transport.pem")).unwrap();
    let certificate = CertificateDer::from_pem_slice(&pem).unwrap();
    let own = KeyPair::generate().unwrap().serialize_pem();
    let own = PrivateKeyDer::from_pem_slice(own.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let signer = provider.key_provider.load_private_key(own).unwrap();
    let thief = Thief(Arc::new(CertifiedKey::new(vec![certificate], signer)));
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Thief(Arc::clone(&thief.0))));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let config = Arc::new(config);
        let serving = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut connection = rustls::ServerConnection::new(config).unwrap();
            let mut shaken = connection.complete_io(&mut socket);
            while shaken.is_ok() && connection.is_handshaking() {
                shaken = connection.complete_io(&mut socket);
            }
            shaken.is_ok()
        });
        let error = exchange(&[address], pin).unwrap_err();
        assert_eq!(error.code(), "transport.not_reachable", "{error}");
        assert!(error.to_string().contains("BadSignature"), "{error}");
        assert!(!serving.join().unwrap(), "{version:?}");
    }
}

#[test]
fn an_office_that_moved_is_found_at_its_next_address() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = format!("https://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let stranger_folder = tempfile::tempdir().unwrap();
    let (stranger, _) = office(stranger_folder.path(), "127.0.0.1:0");
    let (server, pin) = office(folder.path(), "127.0.0.1:0");
    let addresses = [dead.clone(), url(&stranger), url(&server)];
    let client = PinnedClient::new(&addresses, &[pin], QUICK).unwrap();
    assert_eq!(client.exchange(b"hello").unwrap(), b"hello");
    assert_eq!(client.exchange(b"again").unwrap(), b"again");
    server.stop();
    let error = client.exchange(b"nobody").unwrap_err();
    assert_eq!(error.code(), "transport.wrong_key", "a stranger answers");
    let error = exchange(&[dead], pin).unwrap_err();
    assert_eq!(error.code(), "transport.not_reachable");
}

#[test]
fn an_invitation_without_key_or_with_a_plain_address_is_refused_with_a_code() {
    let refused = |addresses: &[&str], keys: &[[u8; 32]]| {
        let addresses: Vec<String> = addresses.iter().map(|&text| text.to_owned()).collect();
        PinnedClient::new(&addresses, keys, QUICK)
            .unwrap_err()
            .code()
    };
    assert_eq!(refused(&[], &[]), "transport.no_address");
    assert_eq!(refused(&["https://10.0.0.1:8443"], &[]), "transport.no_key");
    assert_eq!(
        refused(&["http://10.0.0.1:8080"], &[[1; 32]]),
        "transport.plain_http"
    );
    assert_eq!(refused(&["10.0.0.1"], &[[1; 32]]), "transport.bad_address");
}

#[test]
fn an_office_that_says_nothing_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let timeouts = Timeouts {
        connect: Duration::from_millis(300),
        exchange: Duration::from_millis(600),
    };
    for scheme in ["http", "https"] {
        let address = format!("{scheme}://{}", listener.local_addr().unwrap());
        let client = PinnedClient::new(&[address], &[[1; 32]], timeouts).unwrap();
        let asked = std::time::Instant::now();
        let error = client.exchange(b"hello").unwrap_err();
        assert_eq!(error.code(), "transport.not_reachable", "{error}");
        assert!(asked.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn through_a_link_that_cuts_a_phone_gets_a_whole_reply_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let (server, pin) = office(folder.path(), "127.0.0.1:0");
    let link = CuttingProxy::start(server.addresses()[0], Weather::stairwell(11)).unwrap();
    let address = format!("https://{}", link.address());
    let request = vec![200; 3000];
    let mut failures = 0;
    for _ in 0..20 {
        loop {
            // A new client each time: a kept connection would meet its fate only once.
            match exchange_through(&address, pin, &request) {
                Ok(reply) => break assert_eq!(reply, request),
                Err(error) => assert_eq!(error.code(), "transport.not_reachable", "{error}"),
            }
            failures += 1;
        }
    }
    // Not one to one: a cut behind the last byte of a reply costs nothing, and on a busy machine an
    // attempt may also run out of time.
    let cut = link.tally().cut;
    assert!(cut > 0 && failures > 0, "{failures} {:?}", link.tally());
}

fn exchange_through(address: &str, pin: [u8; 32], request: &[u8]) -> Result<Vec<u8>, ClientError> {
    PinnedClient::new(&[address.to_owned()], &[pin], QUICK)?.exchange(request)
}

#[test]
fn a_phone_follows_its_office_from_key_to_announced_key_and_to_no_other() {
    let desk = Desk::with_office();
    let folder = desk.path("doorstep-office");
    let serves_with = |key: &Path| {
        fs::copy(key, folder.join(KEY_FILE)).unwrap();
        let serving = desk.serve();
        let line = format!("phone --home p1 sync --address https://{}", serving.phones);
        (serving, line)
    };
    let announce = |key: [u8; 32]| {
        let bureau = Bureau::open(&folder).unwrap();
        let office = bureau.office();
        office.announce_transport_key(&tap().unwrap(), key).unwrap();
    };
    let made: Vec<_> = (0..3)
        .map(|number| {
            let own = desk.path(&format!("key-{number}"));
            fs::create_dir(&own).unwrap();
            let key = TransportKey::load_or_create(&own).unwrap();
            (own.join(KEY_FILE), key.spki_sha256())
        })
        .collect();
    let first = desk.path("first.pem");
    fs::copy(folder.join(KEY_FILE), &first).unwrap();

    let (serving, sync) = serves_with(&first);
    desk.enrol("p1", "张三", &format!("https://{}", serving.phones));
    desk.done(&sync);
    drop(serving);
    // Each is announced while the one before is in use, and heard of under it.
    let mut before = &first;
    for (pem, sha256) in &made[..2] {
        announce(*sha256);
        let (serving, sync) = serves_with(before);
        desk.done(&sync);
        drop(serving);
        let (_serving, sync) = serves_with(pem);
        desk.done(&sync);
        before = pem;
    }
    let (_serving, sync) = serves_with(&made[2].0);
    assert_eq!(desk.fails(&sync), (4, "transport.wrong_key".to_owned()));
}

#[test]
fn a_key_that_is_announced_and_then_switched_locks_no_phone_out() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    let address = format!("https://{}", serving.phones);
    for (home, person) in [("p1", "张三"), ("p2", "李四")] {
        desk.enrol(home, person, &address);
        desk.done(&format!("phone --home {home} sync"));
    }
    let none = (1, "transport.no_next_key".to_owned());
    assert_eq!(desk.fails("key switch --yes"), none);
    let announced = desk.json("key announce");
    assert_eq!(announced["not_told"].as_array().unwrap().len(), 2);
    assert_ne!(announced["next"], announced["key"]);
    // Whoever came in the second of the announcement may have come before it.
    std::thread::sleep(Duration::from_millis(1_100));
    desk.done("phone --home p1 sync");
    let again = desk.json("key announce");
    assert_eq!(again["next"], announced["next"]);
    assert_eq!(again["announced"], announced["announced"]);
    assert_eq!(again["not_told"][0]["persons"][0], "李四");
    let untold = (1, "transport.not_told".to_owned());
    assert_eq!(desk.fails("key switch"), untold);
    desk.done("phone --home p2 sync");
    let switched = desk.json("key switch");
    assert_eq!(switched["left_behind"], 0);
    desk.done("phone --home p1 sync");
    drop(serving);
    let serving = desk.serve();
    for home in ["p1", "p2"] {
        let address = format!("https://{}", serving.phones);
        desk.done(&format!("phone --home {home} sync --address {address}"));
    }
    let now = desk.json("key show");
    assert_eq!(now["key"], announced["next"]);
    assert_eq!(
        (&now["next"], &now["announced"]),
        (&json!(null), &json!(null))
    );
}

#[test]
fn who_missed_the_announcement_is_left_behind_only_on_purpose() {
    let desk = Desk::with_office();
    let serving = desk.serve();
    desk.enrol("p1", "张三", &format!("https://{}", serving.phones));
    desk.done("phone --home p1 sync");
    desk.done("key announce");
    let switched = desk.json("key switch --yes");
    assert_eq!(switched["left_behind"], 1);
    drop(serving);
    let serving = desk.serve();
    let line = format!("phone --home p1 sync --address https://{}", serving.phones);
    assert_eq!(desk.fails(&line), (4, "transport.wrong_key".to_owned()));
}
