//! The office's server: its listeners, its life and its end. It carries requests to the desk and
//! replies back; what they mean is the replica's.
//!
//! Phones reach it over TLS under the office's own key; on this machine plain HTTP is enough. The
//! page of the office is on this machine only, unless its people decide otherwise: it needs no
//! password and names no person.

mod desk;
mod live;
mod routes;
mod writer;

pub use desk::{Desk, DeskError};
pub use writer::Limits;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Control, Handle};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use self::live::Live;
use self::routes::{Office, page_routes, phone_routes};
use crate::transport::TransportKey;

/// How long exchanges that have begun may take to end when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(20);

/// How long a connection may take to say its first headers.
const HEADERS_TIME: Duration = Duration::from_secs(30);

/// Where the server listens.
#[derive(Debug)]
pub struct Listen {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// The key that guards it; none only on this machine.
    pub key: Option<Arc<TransportKey>>,
    /// Whether the office's page is there too.
    pub page: bool,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Plain HTTP to other machines: everybody between could read and change what is said.
    #[error("{0} can be reached from other machines and needs TLS")]
    PlainToOthers(SocketAddr),
    /// The address cannot be listened on; most often another program does already.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The key is not usable.
    #[error("the transport key is not usable: {0}")]
    Key(#[from] rustls::Error),
    /// The system gives no threads.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

impl ServeError {
    /// The code of the message catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PlainToOthers(_) => "serve.plain_http",
            Self::Listen { .. } => "serve.listen",
            Self::Key(_) => "serve.key",
            Self::System(_) => "serve.system",
        }
    }
}

/// A running server. Dropping it stops it as [`Server::stop`] does.
pub struct Server {
    addresses: Vec<SocketAddr>,
    control: Control,
    live: Live,
    threads: Vec<JoinHandle<()>>,
    /// Taken when the server stops.
    running: Option<(Runtime, JoinSet<()>)>,
}

impl Server {
    /// Starts to listen; on return every address answers.
    ///
    /// # Errors
    /// See [`ServeError`]; then nothing listens.
    pub fn start(
        desk: Arc<dyn Desk>,
        listeners: &[Listen],
        limits: Limits,
    ) -> Result<Self, ServeError> {
        let bound = listeners
            .iter()
            .map(bind)
            .collect::<Result<Vec<_>, ServeError>>()?;
        let addresses = bound
            .iter()
            .map(|(listener, _)| listener.local_addr())
            .collect::<Result<_, _>>()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let (queue, writer) = writer::start(Arc::clone(&desk), limits)?;
        let (live, watcher) = live::start(Arc::clone(&desk))?;
        let office = Office {
            desk,
            queue,
            live: live.clone(),
            request_bytes: limits.request_bytes,
        };
        let control = Control::new();
        let mut serving = JoinSet::new();
        let entered = runtime.enter();
        for ((listener, tls), listen) in bound.into_iter().zip(listeners) {
            let router = router(listen, office.clone());
            serve(listener, tls, router, &control, &mut serving)?;
        }
        drop(entered);
        Ok(Self {
            addresses,
            control,
            live,
            threads: vec![watcher, writer],
            running: Some((runtime, serving)),
        })
    }

    /// Where it listens, in the order of the listeners given.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Waits for SIGINT or SIGTERM.
    ///
    /// # Errors
    /// When the system gives no signals.
    pub fn wait_for_signal(&self) -> io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let Some((runtime, _)) = &self.running else {
            return Ok(());
        };
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            Ok(())
        })
    }

    /// Takes no new exchange, finishes those that have begun, and ends when what was taken is on the
    /// disk.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some((runtime, mut serving)) = self.running.take() else {
            return;
        };
        self.live.stop();
        self.control.graceful_shutdown(Some(LAST_WORDS));
        runtime.block_on(async { while serving.join_next().await.is_some() {} });
        // The runtime holds the last ways to the queue; the writer ends after what is in it.
        drop(runtime);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the server ended badly");
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

fn bind(listen: &Listen) -> Result<(TcpListener, Option<RustlsConfig>), ServeError> {
    let address = listen.address;
    let tls = match &listen.key {
        Some(key) => Some(RustlsConfig::from_config(Arc::new(key.server_config()?))),
        None if address.ip().is_loopback() => None,
        None => return Err(ServeError::PlainToOthers(address)),
    };
    let listener =
        TcpListener::bind(address).map_err(|source| ServeError::Listen { address, source })?;
    Ok((listener, tls))
}

fn router(listen: &Listen, office: Office) -> Router {
    let routes = if listen.page {
        phone_routes().merge(page_routes(listen.address.ip().is_loopback()))
    } else {
        phone_routes()
    };
    routes.with_state(office)
}

fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
    control: &Control,
    serving: &mut JoinSet<()>,
) -> io::Result<()> {
    let handle = Handle::with_control(control.clone());
    let mut server = axum_server::from_tcp(listener)?.handle(handle);
    server
        .http_builder()
        .http1()
        .header_read_timeout(HEADERS_TIME);
    let service = router.into_make_service();
    match tls {
        Some(tls) => {
            let server = server.acceptor(RustlsAcceptor::new(tls));
            serving.spawn(async move { log_end(server.serve(service).await) });
        }
        None => {
            serving.spawn(async move { log_end(server.serve(service).await) });
        }
    }
    Ok(())
}

fn log_end(end: io::Result<()>) {
    if let Err(error) = end {
        tracing::error!(%error, "a listener ended");
    }
}
