//! `doorstep phone`: a phone for scripts and tests. It is the same core that runs on real phones; only
//! the screen is missing.

mod contact;
mod handing;
mod record;
mod show;
mod words;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use doorstep_replica::Replica;

use super::{Failure, Output};
use crate::home;

/// A phone with its own folder. Everything but enrol and sync works without a connection.
#[derive(Debug, Args)]
#[command(after_long_help = "\
An evening:
  doorstep phone --home p1 enrol \"$(doorstep invite --area 310101019005 --person 张三)\"
  doorstep phone --home p1 today
  doorstep phone --home p1 check ABCDEFGH --normal
  doorstep phone --home p1 check 7K3MPQR6 --fault pressure_low --note 指针在红区
  doorstep phone --home p1 undo
  doorstep phone --home p1 sync")]
pub struct PhoneArgs {
    /// The phone's folder: its keys and its store. One folder is one phone; a copy of it is a clone
    /// and becomes a phone of its own.
    #[arg(long, value_name = "DIR")]
    pub home: PathBuf,
    /// What to do with it.
    #[command(subcommand)]
    pub does: PhoneDoes,
}

/// What a phone does.
#[derive(Debug, Subcommand)]
pub enum PhoneDoes {
    /// 加入 · Enrol with an invitation
    #[command(after_long_help = "\
Example:
  doorstep phone --home p1 enrol DS1.g1gg...

Works without signal: the phone can record at once. What there is to check comes with the first sync.")]
    Enrol {
        /// The text of the invitation; spaces and line breaks in it do not matter.
        #[arg(value_name = "INVITATION")]
        invitation: String,
    },
    /// 今天 · Print today's work: what is due, what is open
    #[command(after_long_help = "\
Example:
  doorstep phone --home p1 today")]
    Today,
    /// 检查 · Record one look at one asset
    #[command(after_long_help = "\
Examples:
  doorstep phone --home p1 check ABCDEFGH --normal
  doorstep phone --home p1 check ABCDEFGH --fault pressure_low --fault seal_broken
  doorstep phone --home p1 check ABCDEFGH --missing --note 被搬走了

The record is on the disk when the command ends. The fault codes are those of the asset's type in
the pack.")]
    Check(CheckArgs),
    /// 隐患 · Record a hazard
    #[command(after_long_help = "\
Example:
  doorstep phone --home p1 hazard e_bike --place 蓬莱路303弄 --level 1 --note 三辆
  doorstep phone --home p1 hazard exit_blocked --place 蓬莱路303弄 --level 0 --fixed 已清走

The place is named as it stands in the list; of several of one name, by the id that is printed then. A
possible major hazard is --suspected: a volunteer never judges it.")]
    Hazard(HazardArgs),
    /// 撤销 · Take back the last taps
    #[command(after_long_help = "\
Example:
  doorstep phone --home p1 undo

Of the same day only, ten taps at most. What has been handed in is taken back by an entry of its
own; nothing is deleted.")]
    Undo {
        /// How many taps.
        #[arg(default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=10))]
        taps: u8,
    },
    /// 同步 · Exchange with the office what the other lacks
    #[command(after_long_help = "\
Example:
  doorstep phone --home p1 sync

Goes on where it was cut. Ends with 4 when the office cannot be reached; then nothing is lost, the
records stay on the phone.")]
    Sync {
        /// Try this address first, in place of the invitation's; the key stays the invitation's.
        #[arg(long, value_name = "URL")]
        address: Option<String>,
    },
    /// 交件 · Write what the office may not have into a file for it, to hand in without a connection
    #[command(after_long_help = "\
Example:
  doorstep phone --home p1 bundle /media/stick/p1.bundle

Only the phone's office can open the file: it may go on a stick or through a chat. Records of others that
this phone carries are in it too. Handing in a file and syncing as well does no harm: every record counts
once. The office takes it with doorstep import bundle.")]
    Bundle {
        /// The file to write; one that is there is refused.
        #[arg(value_name = "OUT")]
        to: PathBuf,
    },
    /// 抢救 · Save records out of a phone whose store does not open any more
    #[command(after_long_help = "\
Examples:
  doorstep phone --home p1 rescue /media/stick/p1.bundle
  doorstep phone --home p1 rescue p1.bundle --invitation DS1.g1gg...

For a store that is damaged or of a newer version (store.corrupt, store.newer). Everything that can still be
read and that no office has goes into a file as bundle writes it; the phone's folder is only read. What
cannot be signed any more waits at the office's desk. --invitation, any of the office's, says whose eyes
the file is for when the store cannot.")]
    Rescue {
        /// The file to write; one that is there is refused.
        #[arg(value_name = "OUT")]
        to: PathBuf,
        /// An invitation of the office, used or not.
        #[arg(long, value_name = "INVITATION")]
        invitation: Option<String>,
    },
    /// 状态 · Print what is only here, what the office has, what waits for review
    #[command(after_long_help = "\
Example:
  doorstep phone --home p1 status")]
    Status,
}

/// One look at one asset.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("result").required(true).args(["normal", "missing", "fault"]))]
pub struct CheckArgs {
    /// The asset's label code.
    #[arg(value_name = "LABEL")]
    pub label: String,
    /// Everything as it should be.
    #[arg(long)]
    pub normal: bool,
    /// Not there.
    #[arg(long)]
    pub missing: bool,
    /// A fault of the asset's type; several times for several.
    #[arg(long, value_name = "CODE")]
    pub fault: Vec<String>,
    /// A remark.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

/// A hazard as a volunteer finds it.
#[derive(Debug, Args)]
pub struct HazardArgs {
    /// The kind of hazard, as the pack has it.
    #[arg(value_name = "KIND")]
    pub kind: String,
    /// Where.
    #[arg(long, value_name = "PLACE")]
    pub place: String,
    /// 0 put right on the spot, 1 for the committee, 2 for a department.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=2))]
    pub level: u8,
    /// Put right on the spot, and how; level 0 is only said with it.
    #[arg(long, value_name = "TEXT")]
    pub fixed: Option<String>,
    /// May be a major hazard (level 3): for the fire body to judge.
    #[arg(long)]
    pub suspected: bool,
    /// A remark.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

impl PhoneArgs {
    /// Does it.
    ///
    /// # Errors
    /// What the phone's store, a rule or the office says.
    pub fn run(&self, output: &mut Output<'_>) -> Result<(), Failure> {
        match &self.does {
            PhoneDoes::Enrol { invitation } => contact::enrol(&self.home, invitation, output),
            PhoneDoes::Sync { address } => contact::sync(&self.open()?, address.as_deref(), output),
            PhoneDoes::Bundle { to } => handing::bundle(&self.open()?, to, output),
            PhoneDoes::Rescue { to, invitation } => {
                handing::rescue_from(&self.home, to, invitation.as_deref(), output)
            }
            PhoneDoes::Today => show::today(&self.open()?, output),
            PhoneDoes::Status => show::status(&self.open()?, output),
            PhoneDoes::Check(args) => record::check(&self.open()?, args, output),
            PhoneDoes::Hazard(args) => record::hazard(&self.open()?, args, output),
            PhoneDoes::Undo { taps } => record::undo(&self.open()?, *taps, output),
        }
    }

    fn open(&self) -> Result<Replica, Failure> {
        let replica = Replica::open(home::lived_in(&self.home)?)?;
        while !replica.upgrade_rows()? {}
        Ok(replica)
    }
}
