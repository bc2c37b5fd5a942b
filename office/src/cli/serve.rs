//! `doorstep serve`: the office as it runs. Opening the replica is done before; the server itself is
//! `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use data_encoding::HEXLOWER;
use serde::Serialize;

use super::errand::open_hatch;
use super::{Failure, OfficeFolder, Output, Sheet, Shown};
use crate::bureau::Bureau;
use crate::desk::OfficeDesk;
use crate::serve::{Desk, Limits, Listen, ServeError, Server};
use crate::transport::TransportKey;
use crate::upkeep::Upkeep;

/// Runs the office until it is told to stop (Ctrl-C, SIGTERM). It answers phones and shows the page.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  doorstep serve
  doorstep serve --listen 0.0.0.0:9443 --page 127.0.0.1:9080
  doorstep serve --copy-to /media/stick
  doorstep serve --page-everywhere

Without options phones reach it at port 8443 of this machine over TLS, by the key in the office's
folder, and the page is at http://localhost:8080, on this machine only. The page needs no password
and names no person: with --page-everywhere everybody in the building's network can see it at the
phones' address; browsers will warn, for the key is the office's own.

Stopping finishes what has begun: what a phone was told is received is on the disk.")]
pub struct ServeArgs {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// Where phones reach it, over TLS; may be given several times.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8443")]
    pub listen: Vec<SocketAddr>,
    /// Where the page is, over plain HTTP; an address of this machine only.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub page: SocketAddr,
    /// Show the page at the phones' addresses too.
    #[arg(long)]
    pub page_everywhere: bool,
    /// Append whatever the office itself writes, and the roster's names, to files in this folder, before
    /// the page says saved: on another disk, they survive this one.
    #[arg(long, value_name = "DIR")]
    pub copy_to: Option<PathBuf>,
}

/// Where the office can be reached, printed when it is.
#[derive(Debug, Serialize)]
struct Reachable {
    page: String,
    phones: Vec<String>,
    transport_key: String,
}

impl Shown for Reachable {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(format!("页面 Page: {}", self.page));
        for phones in &self.phones {
            sheet.line(format!("手机 Phones: {phones}"));
        }
        sheet.line(format!("密钥 Key: {}", self.transport_key));
        sheet.line("按 Ctrl-C 停止 · Ctrl-C stops");
    }
}

impl ServeArgs {
    /// The page first, then the phones' addresses.
    fn listeners(&self, key: &Arc<TransportKey>) -> Vec<Listen> {
        let page = Listen {
            address: self.page,
            key: None,
            page: true,
        };
        let phones = self.listen.iter().map(|&address| Listen {
            address,
            key: Some(Arc::clone(key)),
            page: self.page_everywhere,
        });
        std::iter::once(page).chain(phones).collect()
    }

    /// Opens the office's folder and serves it until a signal. Other commands reach it meanwhile.
    ///
    /// # Errors
    /// When the folder holds no office, another process has it open, or an address cannot be used.
    pub fn open_and_run(&self, output: &mut Output<'_>) -> Result<(), Failure> {
        let bureau = Arc::new(Bureau::open(&self.office.folder)?);
        if let Some(folder) = &self.copy_to {
            bureau.copy_to(folder)?;
        }
        let key = Arc::clone(bureau.key());
        let desk = Arc::new(OfficeDesk::new(Arc::clone(&bureau)));
        let hatch = open_hatch(&bureau);
        let upkeep = Upkeep::start(Arc::clone(&bureau)).map_err(ServeError::System)?;
        let ended = self.run(desk, &key, output, |phones| Ok(bureau.listens_at(phones)?));
        drop(hatch);
        drop(upkeep);
        bureau.office().replica().close()?;
        ended
    }

    /// Serves `desk` until a signal; says where as soon as it answers.
    ///
    /// # Errors
    /// When an address or the key cannot be used.
    pub fn run(
        &self,
        desk: Arc<dyn Desk>,
        key: &Arc<TransportKey>,
        output: &mut Output<'_>,
        listening: impl FnOnce(&[SocketAddr]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let server = Server::start(desk, &self.listeners(key), Limits::default())?;
        let mut addresses = server.addresses().iter();
        let page = addresses.next().copied().unwrap_or(self.page);
        listening(&server.addresses()[1..])?;
        output.show(&Reachable {
            page: format!("http://{page}/"),
            phones: addresses
                .map(|phones| format!("https://{phones}"))
                .collect(),
            transport_key: HEXLOWER.encode(&key.spki_sha256()),
        })?;
        server
            .wait_for_signal()
            .map_err(|error| Failure::of_stream(&error))?;
        server.stop();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::{Cli, Command};
    use super::*;

    fn listeners(line: &str) -> Vec<(String, bool, bool)> {
        let folder = tempfile::tempdir().unwrap();
        let key = Arc::new(TransportKey::load_or_create(folder.path()).unwrap());
        let Command::Serve(args) = Cli::parse_from(line.split(' ')).command else {
            panic!("{line} does not serve");
        };
        let described = args.listeners(&key).into_iter();
        described
            .map(|listen| {
                (
                    listen.address.to_string(),
                    listen.key.is_some(),
                    listen.page,
                )
            })
            .collect()
    }

    #[test]
    fn without_options_phones_have_tls_and_the_page_stays_here() {
        assert_eq!(
            listeners("doorstep serve"),
            [
                ("127.0.0.1:8080".to_owned(), false, true),
                ("0.0.0.0:8443".to_owned(), true, false),
            ]
        );
    }

    #[test]
    fn the_page_goes_out_only_over_tls() {
        let all = listeners("doorstep serve --listen [::]:1 --listen 0.0.0.0:2 --page-everywhere");
        assert!(all[1..].iter().all(|(_, tls, page)| *tls && *page));
        assert_eq!(all.len(), 3);
    }
}
