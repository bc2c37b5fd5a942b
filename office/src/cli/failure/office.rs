//! What can be wrong with an office's folder, its roster and its hatch, as failures.

use std::io;
use std::path::Path;

use super::{Exit, Failure};
use crate::archive::ArchiveError;
use crate::bureau::BureauError;
use crate::home::HomeError;
use crate::roster::RosterError;

impl Failure {
    /// A file that a command was given cannot be read or written.
    pub fn of_file(path: &Path, error: &io::Error) -> Self {
        let path = path.display();
        Self::new(
            Exit::BadInput,
            "cli.file",
            (
                format!("{path} 打不开：{error}"),
                format!("{path} cannot be used: {error}"),
            ),
            (
                "请核对文件名、权限和磁盘空间。",
                "Check the file's name, its permissions and the disk space.",
            ),
        )
    }

    /// A folder that must be new has something in it.
    pub fn of_full_folder(path: &Path) -> Self {
        let path = path.display();
        Self::new(
            Exit::BadInput,
            "cli.folder_not_empty",
            (
                format!("{path} 里已经有东西"),
                format!("{path} has something in it"),
            ),
            (
                "请换一个新文件夹；已有的不会被覆盖。",
                "Take a new folder; what is there is never overwritten.",
            ),
        )
    }

    /// The office that runs went away while it was doing this.
    pub fn of_hatch(error: &io::Error) -> Self {
        Self::new(
            Exit::NotReachable,
            "office.went_away",
            (
                format!("正在运行的办公室没有答完：{error}"),
                format!("the office that runs did not answer to the end: {error}"),
            ),
            (
                "请看它是否还在运行，再试一次；重做不会重复。",
                "See whether it still runs and try again; doing it twice does nothing twice.",
            ),
        )
    }

    /// A command that the running office is too old or too new for.
    pub fn of_other_version() -> Self {
        Self::new(
            Exit::NotReachable,
            "office.other_version",
            (
                "正在运行的办公室是另一个版本，不懂这个命令",
                "the office that runs is of another version and does not know this command",
            ),
            (
                "请停下它，用这个版本的 doorstep serve 重新启动。",
                "Stop it and start doorstep serve of this version.",
            ),
        )
    }

    /// The system gives no randomness.
    pub fn of_random(error: &getrandom::Error) -> Self {
        Self::new(
            Exit::StoreBroken,
            "system.random",
            (
                format!("系统不给随机数：{error}"),
                format!("the system gives no randomness: {error}"),
            ),
            ("请重启电脑再试。", "Restart the computer and try again."),
        )
    }
}

impl From<getrandom::Error> for Failure {
    fn from(error: getrandom::Error) -> Self {
        Self::of_random(&error)
    }
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        let (exit, happened, next) = match &error {
            HomeError::Nothing(folder) => (
                Exit::BadInput,
                (
                    format!("{} 里没有数据", folder.display()),
                    format!("{} holds nothing yet", folder.display()),
                ),
                (
                    "办公室：先运行 doorstep init，或用 --folder 指对文件夹。手机：先运行 phone enrol。",
                    "An office: first run doorstep init, or name the right folder with --folder. A phone: first run phone enrol.",
                ),
            ),
            HomeError::File { .. } => (
                Exit::StoreBroken,
                (
                    format!("文件夹读写不了：{error}"),
                    format!("the folder cannot be read or written: {error}"),
                ),
                (
                    "请检查文件夹的权限和磁盘空间。",
                    "Look at the folder's permissions and at the disk space.",
                ),
            ),
        };
        Self::new(exit, error.code(), happened, next)
    }
}

impl From<RosterError> for Failure {
    fn from(error: RosterError) -> Self {
        let (exit, zh, next) = match &error {
            RosterError::NoName(_) => (
                Exit::BadInput,
                "这不是一个名字",
                (
                    "请写 1 至 60 个字的名字。",
                    "Write a name of 1 to 60 characters.",
                ),
            ),
            RosterError::File { .. } => (
                Exit::StoreBroken,
                "名册读写不了",
                (
                    "请检查文件夹的权限和磁盘空间。",
                    "Look at the folder's permissions and at the disk space.",
                ),
            ),
            RosterError::Damaged { .. } => (
                Exit::StoreBroken,
                "名册有一行读不懂",
                (
                    "请从备份拿回这个文件；记录不受影响。",
                    "Bring the file back from a backup; records are not touched by it.",
                ),
            ),
        };
        let happened = (format!("{zh}（{error}）"), error.to_string());
        Self::new(exit, error.code(), happened, next)
    }
}

impl From<BureauError> for Failure {
    fn from(error: BureauError) -> Self {
        match error {
            BureauError::Home(error) => error.into(),
            BureauError::Replica(error) => error.into(),
            BureauError::Key(error) => error.into(),
            BureauError::Roster(error) => error.into(),
            BureauError::Random(error) => error.into(),
            BureauError::Card { .. } => Self::new(
                Exit::StoreBroken,
                "office.card",
                (
                    format!("办公室的名片读写不了：{error}"),
                    format!("the office's card cannot be used: {error}"),
                ),
                (
                    "若 init 中断过，请再运行一次 doorstep init；否则从备份拿回 office.json。",
                    "If init was cut off, run doorstep init again; otherwise bring office.json back from a backup.",
                ),
            ),
        }
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        let (zh, next) = match &error {
            ArchiveError::File { .. } => (
                "备份文件读写不了",
                (
                    "请核对文件名、权限和磁盘空间。",
                    "Check the file's name, its permissions and the disk space.",
                ),
            ),
            ArchiveError::Exists(_) => (
                "已有这个文件，不会覆盖",
                (
                    "请换一个文件名，比如加上日期。",
                    "Take another name, with the date in it for instance.",
                ),
            ),
            ArchiveError::NotOne(_) => (
                "这不是办公室的备份",
                (
                    "请选 doorstep backup 写的文件。",
                    "Take a file that doorstep backup wrote.",
                ),
            ),
            ArchiveError::Later(_) => (
                "这份备份是新版程序写的",
                (
                    "请用同样新的 doorstep 恢复。",
                    "Restore it with a doorstep as new as that.",
                ),
            ),
            ArchiveError::Damaged { .. } => (
                "备份坏了",
                (
                    "什么也没有恢复。请换一份备份；手机会补交它以后的记录。",
                    "Nothing was restored. Take another backup; phones hand in again what came after it.",
                ),
            ),
        };
        let happened = (format!("{zh}（{error}）"), error.to_string());
        Self::new(Exit::BadInput, error.code(), happened, next)
    }
}
