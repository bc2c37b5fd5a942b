//! What can stop the demo before it has counted. A zero that is not zero is no trouble: it is an
//! outcome.

use std::io;
use std::path::PathBuf;

use crate::bureau::BureauError;
use crate::cli::{Exit, Failure};
use crate::home::HomeError;
use crate::serve::ServeError;
use crate::transport::ClientError;

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A phone or the office refused a call that the demo is sure of, or its store failed.
    #[error(transparent)]
    Replica(#[from] doorstep_replica::Error),
    /// A phone takes nothing from the office's reply, or its store failed.
    #[error("{0}: {1}")]
    Sync(String, doorstep_replica::Error),
    /// The office cannot be made.
    #[error(transparent)]
    Bureau(#[from] BureauError),
    /// A phone's folder cannot be made.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// A folder cannot be copied or made.
    #[error("{0}: {1}")]
    Folder(PathBuf, io::Error),
    /// The office does not listen.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The link that cuts does not stand.
    #[error("the link: {0}")]
    Link(String),
    /// The office does not answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The link cut every exchange of a phone.
    #[error("{0}: the link cut every time")]
    NoLink(String),
    /// The office answers a phone, and gives it nothing.
    #[error("{0}: {1}")]
    Limited(String, &'static str),
    /// After many rounds there is still something new.
    #[error("phones and office do not come to rest")]
    NeverQuiet,
    /// An exported document does not open.
    #[error("an exported document does not open: {0}")]
    Document(String),
    /// The yearly lines cannot be framed.
    #[error(transparent)]
    Frame(#[from] doorstep_model::report::FrameError),
    /// The shipped files have problems.
    #[error("the shipped files have {0} problems")]
    Shipped(usize),
    /// There are no buildings, so nobody has anything to do.
    #[error("there is no building to work in")]
    Empty,
}

impl DemoError {
    /// The code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Replica(error) | Self::Sync(_, error) => error.code(),
            Self::Bureau(BureauError::Replica(error)) => error.code(),
            Self::Bureau(_) => "demo.office",
            Self::Home(error) => error.code(),
            Self::Folder(..) => "demo.folder",
            Self::Serve(error) => error.code(),
            Self::Client(error) => error.code(),
            Self::Link(_) | Self::NoLink(_) => "demo.link",
            Self::Limited(_, code) => code,
            Self::NeverQuiet => "demo.never_quiet",
            Self::Document(_) => "demo.document",
            Self::Frame(_) => "demo.lines",
            Self::Shipped(_) => "demo.shipped",
            Self::Empty => "demo.empty",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Client(_) | Self::Link(_) | Self::NoLink(_) | Self::Serve(_) => {
                Exit::NotReachable
            }
            Self::Empty => Exit::Usage,
            Self::Shipped(_) => Exit::BadInput,
            Self::NeverQuiet | Self::Document(_) | Self::Limited(..) | Self::Frame(_) => {
                Exit::Refused
            }
            Self::Replica(_)
            | Self::Sync(..)
            | Self::Bureau(_)
            | Self::Home(_)
            | Self::Folder(..) => Exit::StoreBroken,
        }
    }
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::new(
            error.exit(),
            error.code(),
            (
                format!("演示没有做完:{error}"),
                format!("the demo did not come to its end: {error}"),
            ),
            (
                "请把这条信息连同所用的 --seed 报给我们;磁盘满或文件夹已有内容时,换一个 --keep。",
                "Report this with the --seed that was used; if the disk is full or the folder is in \
                 use, take another --keep.",
            ),
        )
    }
}
