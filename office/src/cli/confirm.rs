//! `doorstep confirm`: what only a person can say after a restore, or when the clock was in doubt.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use doorstep_model::ids::AuthorTag;
use doorstep_replica::Error;
use serde::{Deserialize, Serialize};

use super::{Failure, OfficeFolder, Output, Sheet, Shown, moment};
use crate::bureau::{self, Bureau};

/// Says what the office cannot know by itself.
#[derive(Debug, Args, Serialize, Deserialize)]
#[command(after_long_help = "\
Examples:
  doorstep confirm authors
  doorstep confirm authors --yes
  doorstep confirm clock
  doorstep confirm device

After a restore the office takes what phones hand in and tells them nothing, until somebody has looked
through the list of devices: one that was revoked after the backup stands in it as if it were not.")]
pub struct ConfirmArgs {
    /// What is confirmed.
    #[command(subcommand)]
    pub what: ConfirmWhat,
}

/// What can be confirmed.
#[derive(Debug, Subcommand, Serialize, Deserialize)]
pub enum ConfirmWhat {
    /// 设备 · The list of devices of a restored office
    #[command(after_long_help = "\
Examples:
  doorstep confirm authors
  doorstep confirm authors --yes

Without --yes it only prints the list.")]
    Authors(ConfirmAuthors),
    /// 时钟 · That the office's clock is right
    #[command(after_long_help = "\
Example:
  doorstep confirm clock

Look at the computer's clock first. It holds for a day; work that waited is taken in at once.")]
    Clock(ConfirmClock),
    /// 放行 · That a device whose identity was taken on twice is no copy
    #[command(after_long_help = "\
Examples:
  doorstep confirm device
  doorstep confirm device q1LxOg

Two devices went on from one, so one of them may be a copy: the second one's work is held, and it is told
nothing. Without a code it prints such devices. Ask for the phone; with its code it goes on, and what was
held counts.")]
    Device(ConfirmDevice),
}

/// Which office, and whether the list is right.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct ConfirmAuthors {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// Every device of the list may go on.
    #[arg(long)]
    pub yes: bool,
}

/// Which office.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct ConfirmClock {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
}

/// Which device.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct ConfirmDevice {
    /// Which office.
    #[command(flatten)]
    pub office: OfficeFolder,
    /// Its code, as the list prints it.
    #[arg(value_name = "DEVICE", allow_hyphen_values = true)]
    pub device: Option<String>,
}

/// The devices, and whether they are confirmed now.
#[derive(Debug, Serialize)]
struct Devices {
    confirmed: bool,
    devices: Vec<Device>,
}

/// One device that may write.
#[derive(Debug, Serialize)]
struct Device {
    author: String,
    persons: Vec<String>,
    role: &'static str,
    area: String,
    last_contact: Option<String>,
    entries: u64,
}

impl Shown for Devices {
    fn describe(&self, sheet: &mut Sheet) {
        let rows = self.devices.iter().map(|device| {
            [
                device.author.clone(),
                device.persons.join(" "),
                device.role.to_owned(),
                device.area.clone(),
                device.last_contact.clone().unwrap_or("—".to_owned()),
                device.entries.to_string(),
            ]
        });
        sheet.table(
            [
                "设备 Device",
                "人 Persons",
                "角色 Role",
                "区域 Area",
                "最近 Last here",
                "记录 Records",
            ],
            rows,
        );
        sheet.line(match self.confirmed {
            true => "名单已确认，手机又能收到办公室的消息 · Confirmed: phones are answered",
            false => "还没有确认：看过名单后加 --yes · Not confirmed yet: add --yes once you have looked through the list",
        });
    }
}

/// The devices that wait for a word, each with what is held of it.
#[derive(Debug, Serialize)]
struct Doubtful {
    devices: Vec<DoubtfulDevice>,
}

#[derive(Debug, Serialize)]
struct DoubtfulDevice {
    device: String,
    person: String,
    entries: u64,
}

impl Shown for Doubtful {
    fn describe(&self, sheet: &mut Sheet) {
        let rows = self.devices.iter().map(|device| {
            [
                device.device.clone(),
                device.person.clone(),
                device.entries.to_string(),
            ]
        });
        sheet.table(["设备 Device", "人 Person", "记录 Records"], rows);
        sheet.line(match self.devices.is_empty() {
            true => "没有设备在等 · No device waits",
            false => "看过手机后加上它的代码 · Add a device's code once you have seen the phone",
        });
    }
}

/// A device may go on.
#[derive(Debug, Serialize)]
struct DeviceConfirmed {
    device: String,
    segments: u64,
}

impl Shown for DeviceConfirmed {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(format!(
            "{device} 已放行，{n} 包记录计入 · {device} may go on; segments that count now: {n}",
            device = self.device,
            n = self.segments
        ));
    }
}

/// The clock is confirmed.
#[derive(Debug, Serialize)]
struct ClockConfirmed {
    now: String,
}

impl Shown for ClockConfirmed {
    fn describe(&self, sheet: &mut Sheet) {
        sheet.line(format!(
            "时钟已确认：{now} · The clock is confirmed: {now}",
            now = self.now
        ));
    }
}

impl ConfirmArgs {
    /// The office's folder.
    pub fn office(&self) -> &OfficeFolder {
        match &self.what {
            ConfirmWhat::Authors(args) => &args.office,
            ConfirmWhat::Clock(args) => &args.office,
            ConfirmWhat::Device(args) => &args.office,
        }
    }

    /// Confirms it, or shows what there is to confirm.
    ///
    /// # Errors
    /// What is wrong with the store.
    pub fn run(&self, bureau: &Bureau, output: &mut Output<'_>) -> Result<(), Failure> {
        let office = bureau.office();
        match &self.what {
            ConfirmWhat::Clock(_) => {
                office.confirm_clock()?;
                let now = moment(office.replica().now());
                output.show(&ClockConfirmed { now })
            }
            ConfirmWhat::Device(args) => args.run(bureau, output),
            ConfirmWhat::Authors(args) => {
                if args.yes {
                    office.confirm_authors()?;
                }
                let devices = office.devices()?.into_iter();
                let may_go_on =
                    devices.filter(|line| line.successor.is_none() && line.revoked_at.is_none());
                output.show(&Devices {
                    confirmed: !office.is_unconfirmed()?,
                    devices: may_go_on
                        .map(|line| Device {
                            author: line.author.to_string(),
                            persons: bureau.names_of(&line.persons),
                            role: line.role.name(),
                            area: line.area.to_string(),
                            last_contact: line.last_contact.map(moment),
                            entries: line.entries,
                        })
                        .collect(),
                })
            }
        }
    }
}

impl ConfirmDevice {
    fn run(&self, bureau: &Bureau, output: &mut Output<'_>) -> Result<(), Failure> {
        let office = bureau.office();
        let Some(typed) = &self.device else {
            let mut devices: BTreeMap<AuthorTag, DoubtfulDevice> = BTreeMap::new();
            for line in office.held_second_successors()? {
                let device = devices
                    .entry(line.author)
                    .or_insert_with(|| DoubtfulDevice {
                        device: line.author.to_string(),
                        person: bureau
                            .name_of(line.person)
                            .unwrap_or(line.person.to_string()),
                        entries: 0,
                    });
                device.entries += line.entries;
            }
            let devices = devices.into_values().collect();
            return output.show(&Doubtful { devices });
        };
        let device: AuthorTag = typed.parse().map_err(|_| Error::NotFound {
            what: "author",
            id: typed.clone(),
        })?;
        let segments = office.confirm_device(&bureau::tap()?, device)?;
        output.show(&DeviceConfirmed {
            device: device.to_string(),
            segments,
        })
    }
}
