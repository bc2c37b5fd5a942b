//! A phone and its office: becoming one of its phones, and exchanging what the other lacks over a
//! link that may cut at any byte. What goes over it is the replica's.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use doorstep_model::grant::Invitation;
use doorstep_model::message::Text;
use doorstep_replica::sync::phone::{Exchange, Step, Summary};
use doorstep_replica::{Error, Replica};
use serde::Serialize;

use super::super::notice::Notice;
use super::super::{Exit, Failure, Output, Sheet, Shown, moment};
use crate::home;
use crate::transport::{ClientError, PinnedClient, Timeouts};

/// How long to wait before each new try after a cut; a try that got anywhere starts the row again.
const WAITS: [Duration; 4] = [
    Duration::from_millis(200),
    Duration::from_millis(600),
    Duration::from_secs(2),
    Duration::from_secs(5),
];

/// Most tries of one sync, whatever each of them brought.
const TRIES_MAX: u32 = 60;

/// Longest that a busy office makes a command wait.
const BUSY_MAX: Duration = Duration::from_secs(20);

/// The phone that was made.
#[derive(Debug, Serialize)]
struct Enrolled {
    home: String,
    area: String,
    role: &'static str,
    work_until: String,
    addresses: Vec<String>,
}

impl Shown for Enrolled {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(format!(
            "已加入：区域 {area}，{role} · Enrolled: area {area}, {role}",
            area = self.area,
            role = self.role
        ));
        sheet.line(format!(
            "可用到 May work until: {}；办公室 Office: {}",
            self.work_until,
            self.addresses.join(" ")
        ));
        sheet.line(format!(
            "现在就能记录；先同步一次拿到清单 · Ready to record; sync once to get the list: \
             doorstep phone --home {} sync",
            self.home
        ));
    }
}

/// Makes a phone of a folder. Nothing is made of a text that is no invitation.
pub(super) fn enrol(home: &Path, text: &str, output: &mut Output<'_>) -> Result<(), Failure> {
    let invitation = Invitation::from_text(text).map_err(|_| Error::refused("enrol.unreadable"))?;
    let grant = invitation
        .open()
        .map_err(|_| Error::refused("enrol.bad_signature"))?;
    let replica = Replica::open(home::new(home)?)?;
    replica.enrol(text)?;
    output.show(&Enrolled {
        home: home.display().to_string(),
        area: grant.area.to_string(),
        role: grant.role.name(),
        work_until: moment(grant.expires),
        addresses: invitation.addresses,
    })
}

/// What a sync brought.
#[derive(Debug, Serialize)]
struct Synced {
    confirmed_segments: u64,
    received_segments: u64,
    only_here: u64,
    received_by_office: u64,
    round_trips: u32,
    cuts: u32,
    bytes_sent: u64,
    bytes_received: u64,
    notices: Vec<Notice>,
}

impl Shown for Synced {
    fn describe(&self, sheet: &mut Sheet) {
        let (only_here, received) = (self.only_here, self.received_by_office);
        sheet.line(match only_here {
            0 => format!(
                "全部交到：办公室已收到 {received} 条 · Everything is handed in: {received} records received"
            ),
            _ => format!(
                "办公室已收到 {received} 条，还有 {only_here} 条只在手机上 · {received} records received, {only_here} still only here"
            ),
        });
        sheet.line(format!(
            "往返 {} 次，断线 {} 次，发 {} 字节，收 {} 字节 · round trips: {}, cuts: {}, bytes: {} up, {} down",
            self.round_trips,
            self.cuts,
            self.bytes_sent,
            self.bytes_received,
            self.round_trips,
            self.cuts,
            self.bytes_sent,
            self.bytes_received
        ));
        Notice::list(&self.notices, sheet);
    }
}

/// Exchanges with the office until nothing is left; goes on where it was cut.
pub(super) fn sync(
    replica: &Replica,
    address: Option<&str>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let office = replica.office_address()?;
    let mut addresses = office.addresses;
    if let Some(first) = address {
        addresses.retain(|known| known != first);
        addresses.insert(0, first.to_owned());
    }
    let client = PinnedClient::new(&addresses, &office.keys, Timeouts::default())?;
    let mut way = Way::default();
    let summary = loop {
        let mut exchange = Exchange::default();
        match exchange_once(replica, &client, &mut exchange, &mut way) {
            Ok(summary) => break summary,
            Err(Stopped::Failed(failure)) => return Err(failure),
            Err(Stopped::Cut(error)) => way.wait(error)?,
        }
    };
    let counters = replica.counters()?;
    output.show(&Synced {
        confirmed_segments: way.total.confirmed,
        received_segments: way.total.received,
        only_here: counters.only_here,
        received_by_office: counters.received,
        round_trips: way.total.round_trips,
        cuts: way.cuts,
        bytes_sent: way.total.bytes.0,
        bytes_received: way.total.bytes.1,
        notices: notices(&summary),
    })?;
    match summary.limited {
        None | Some("sync.push_only") => Ok(()),
        Some(code) => Err(limited(code)),
    }
}

/// Why an exchange did not come to its end.
enum Stopped {
    /// The link; worth another try.
    Cut(ClientError),
    Failed(Failure),
}

fn exchange_once(
    replica: &Replica,
    client: &PinnedClient,
    exchange: &mut Exchange,
    way: &mut Way,
) -> Result<Summary, Stopped> {
    let failed = |error: Error| Stopped::Failed(error.into());
    let mut reply: Option<Vec<u8>> = None;
    loop {
        let request = match replica
            .sync_step(exchange, reply.as_deref())
            .map_err(failed)?
        {
            Step::Done(summary) => {
                way.total.confirmed += summary.confirmed;
                way.total.received += summary.received;
                return Ok(summary);
            }
            Step::Send(request) => request,
        };
        way.total.round_trips += 1;
        way.total.bytes.0 += request.len() as u64;
        match client.exchange(&request) {
            Ok(bytes) => {
                way.total.bytes.1 += bytes.len() as u64;
                way.tries = 0;
                reply = Some(bytes);
            }
            Err(error @ (ClientError::NotReachable(_) | ClientError::Busy(_))) => {
                return Err(Stopped::Cut(error));
            }
            Err(error) => return Err(Stopped::Failed(error.into())),
        }
    }
}

/// What a sync went through.
#[derive(Default)]
struct Way {
    total: Summary,
    cuts: u32,
    tries: usize,
}

impl Way {
    /// Waits for the next try.
    ///
    /// # Errors
    /// The cut itself, when it was tried often enough.
    fn wait(&mut self, error: ClientError) -> Result<(), Failure> {
        let Some(wait) = WAITS.get(self.tries).filter(|_| self.cuts < TRIES_MAX) else {
            return Err(error.into());
        };
        self.cuts += 1;
        self.tries += 1;
        sleep(match error {
            ClientError::Busy(asked) => asked.min(BUSY_MAX),
            _ => *wait,
        });
        Ok(())
    }
}

fn notices(summary: &Summary) -> Vec<Notice> {
    let said = summary.notices.iter().map(|(code, ..)| code.as_str());
    let limited = summary.limited.filter(|code| *code == "sync.push_only");
    Notice::each_once(said.chain(limited))
}

fn limited(code: &'static str) -> Failure {
    let Text { zh, en } = Text::of(code, &[]);
    Failure::new(
        Exit::Refused,
        code,
        (zh, en),
        (
            "记录都还在手机上；请与办公室核对地址和邀请。",
            "All records are still on the phone; compare address and invitation with the office.",
        ),
    )
}
