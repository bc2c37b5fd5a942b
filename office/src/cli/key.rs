//! `doorstep key`: the transport key that phones trust, and changing it without locking one of them out.
//! What the key proves is `transport`'s; which keys a phone may trust is the replica's.

use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{Exit, Failure, OfficeFolder, Output, Sheet, Shown, moment};
use crate::bureau::{self, Bureau};
use crate::transport::TransportKey;

/// The transport key that phones trust, and the next one.
#[derive(Debug, Args, Serialize, Deserialize)]
#[command(after_long_help = "\
Examples:
  doorstep key show
  doorstep key announce
  doorstep key switch
  doorstep key switch --yes

Phones trust the key of their invitation and those that the office announced, and no other. So a key is \
changed in two steps, some weeks apart: announce the next one, let every phone sync once, then switch.")]
pub struct KeyArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: KeyWhat,
}

/// What can be done about the key.
#[derive(Debug, Subcommand, Serialize, Deserialize)]
pub enum KeyWhat {
    /// 看 · The key, the next one, and which devices have not heard of it
    #[command(after_long_help = "\
Example:
  doorstep key show")]
    Show(KeyOffice),
    /// 预告 · Make the next key and tell every phone of it
    #[command(after_long_help = "\
Example:
  doorstep key announce

The office goes on with the key that it has. Said again, it tells of the same next key once.")]
    Announce(KeyOffice),
    /// 更换 · Take the next key from the next start on
    #[command(after_long_help = "\
Examples:
  doorstep key switch
  doorstep key switch --yes

It is refused while a device has not synced since the next key was announced: such a phone would not \
find the office again without a new invitation. With --yes it is done all the same. The key before is kept \
as transport-old.pem. Invitations that nobody has used yet name the key before: print them anew.")]
    Switch(KeySwitch),
}

/// Which office.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct KeyOffice {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
}

/// Which office, and whether devices may be left behind.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct KeySwitch {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// Also if devices are left behind.
    #[arg(long)]
    pub yes: bool,
}

/// The keys, and who has not heard of the next one.
#[derive(Debug, Serialize)]
struct Keys {
    /// SHA-256 of the SubjectPublicKeyInfo, in hex.
    key: String,
    next: Option<String>,
    announced: Option<String>,
    /// Devices that may sync and have not done so since.
    not_told: Vec<NotTold>,
}

#[derive(Debug, Serialize)]
struct NotTold {
    device: String,
    persons: Vec<String>,
    last_contact: Option<String>,
}

impl Shown for Keys {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(format!("密钥 Key: {}", self.key));
        let (Some(next), Some(announced)) = (&self.next, &self.announced) else {
            return sheet.line(
                "没有预告新密钥：要换时用 doorstep key announce · No next key is announced: doorstep key announce",
            );
        };
        sheet.line(format!(
            "下一个密钥 Next key: {next}（{announced} 预告 announced）"
        ));
        if self.not_told.is_empty() {
            return sheet.line(
                "所有设备预告后都同步过，可以换：doorstep key switch · Every device has synced since: doorstep key switch",
            );
        }
        let rows = self.not_told.iter().map(|device| {
            [
                device.device.clone(),
                device.persons.join(" "),
                device.last_contact.clone().unwrap_or("—".to_owned()),
            ]
        });
        sheet.table(["设备 Device", "人 Persons", "最近 Last here"], rows);
        sheet.line(
            "这些设备预告后还没有同步过，先让它们同步一次 · These devices have not synced since: let them sync once first",
        );
    }
}

/// The key is another from the next start on.
#[derive(Debug, Serialize)]
struct Switched {
    key: String,
    /// Devices that need a new invitation.
    left_behind: usize,
}

impl Shown for Switched {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(format!("新密钥 New key: {}", self.key));
        sheet.line(
            "重新启动办公室后生效 · It holds once the office is started again: doorstep serve",
        );
        sheet.line("还没有用过的邀请要重新打印 · Print invitations anew that nobody has used yet");
        if self.left_behind > 0 {
            sheet.line(format!(
                "有 {n} 台设备需要新邀请 · Devices that need a new invitation: {n}",
                n = self.left_behind
            ));
        }
    }
}

impl KeyArgs {
    /// The office's folder.
    pub fn office(&self) -> &OfficeFolder {
        match &self.what {
            KeyWhat::Show(args) | KeyWhat::Announce(args) => &args.office,
            KeyWhat::Switch(args) => &args.office,
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// What is wrong with the store or the key's file; `transport.no_next_key` and
    /// `transport.not_told` where a switch would lock phones out.
    pub fn run(&self, bureau: &Bureau, output: &mut Output<'_>) -> Result<(), Failure> {
        match &self.what {
            KeyWhat::Show(_) => output.show(&keys(bureau)?),
            KeyWhat::Announce(_) => {
                let next = TransportKey::next_or_create(bureau.folder())?.spki_sha256();
                let office = bureau.office();
                if office.announced_transport_key()?.map(|(key, _)| key) != Some(next) {
                    office.announce_transport_key(&bureau::tap()?, next)?;
                }
                output.show(&keys(bureau)?)
            }
            KeyWhat::Switch(args) => args.run(bureau, output),
        }
    }
}

impl KeySwitch {
    fn run(&self, bureau: &Bureau, output: &mut Output<'_>) -> Result<(), Failure> {
        let keys = keys(bureau)?;
        let Some(next) = keys.next.filter(|_| keys.announced.is_some()) else {
            return Err(no_next_key());
        };
        let left_behind = keys.not_told.len();
        if left_behind > 0 && !self.yes {
            return Err(not_told(left_behind));
        }
        TransportKey::switch(bureau.folder())?;
        output.show(&Switched {
            key: next,
            left_behind,
        })
    }
}

fn keys(bureau: &Bureau) -> Result<Keys, Failure> {
    let office = bureau.office();
    let next = TransportKey::next(bureau.folder())?.map(|key| key.spki_sha256());
    // A next key that was made and not announced is none yet.
    let announced = office
        .announced_transport_key()?
        .filter(|(key, _)| Some(*key) == next)
        .map(|(_, at)| at);
    let mut not_told = Vec::new();
    if let Some(announced) = announced {
        for line in office.devices()? {
            // One whose time is over too: it may hold work, and get more time when it comes.
            let may_sync = line.successor.is_none() && line.revoked_at.is_none();
            if may_sync && line.last_contact.is_none_or(|at| at <= announced) {
                not_told.push(NotTold {
                    device: line.author.to_string(),
                    persons: bureau.names_of(&line.persons),
                    last_contact: line.last_contact.map(moment),
                });
            }
        }
    }
    Ok(Keys {
        key: HEXLOWER.encode(&TransportKey::load_or_create(bureau.folder())?.spki_sha256()),
        next: next.map(|key| HEXLOWER.encode(&key)),
        announced: announced.map(moment),
        not_told,
    })
}

fn no_next_key() -> Failure {
    Failure::new(
        Exit::Refused,
        "transport.no_next_key",
        ("还没有预告过下一个密钥", "no next key was announced"),
        (
            "先用 doorstep key announce，等每台手机同步一次再换。",
            "First doorstep key announce; switch once every phone has synced.",
        ),
    )
}

fn not_told(devices: usize) -> Failure {
    Failure::new(
        Exit::Refused,
        "transport.not_told",
        (
            format!("还有 {devices} 台设备不知道新密钥"),
            format!("{devices} devices have not heard of the next key"),
        ),
        (
            "用 doorstep key show 看是哪些，让它们同步一次；一定要换就加 --yes，它们要重新邀请。",
            "doorstep key show lists them: let them sync once. With --yes it is done all the same, and they need a new invitation.",
        ),
    )
}
