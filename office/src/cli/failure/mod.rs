//! What went wrong, in words: a code for programs, what happened and what to do next in Chinese and
//! English, and the exit code. Errors of the rooms below become failures here and nowhere else.

mod office;
mod replica;

use std::borrow::Cow;
use std::process::ExitCode;

use doorstep_model::message::Text;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::serve::ServeError;
use crate::transport::{ClientError, KeyError};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// 0.
    Done,
    /// 1.
    Refused,
    /// 2.
    Usage,
    /// 3.
    BadInput,
    /// 4.
    NotReachable,
    /// 5.
    StoreBroken,
}

impl Exit {
    /// All of them, by code.
    pub const ALL: [Self; 6] = [
        Self::Done,
        Self::Refused,
        Self::Usage,
        Self::BadInput,
        Self::NotReachable,
        Self::StoreBroken,
    ];

    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::BadInput => 3,
            Self::NotReachable => 4,
            Self::StoreBroken => 5,
        }
    }

    /// What it means, as documented.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "a check failed, or a rule refused it",
            Self::Usage => "the command line is not understood",
            Self::BadInput => "the input is bad: a file, a line, an invitation",
            Self::NotReachable => "the office, or an address, cannot be reached",
            Self::StoreBroken => "the store cannot be opened, read or written",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// The code of the message catalogue: stable, for programs.
    pub code: String,
    /// What happened.
    pub happened: Text,
    /// What to do next.
    pub next: Advice,
}

/// What to do next: fixed words, for each code the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// Chinese.
    pub zh: Cow<'static, str>,
    /// English.
    pub en: Cow<'static, str>,
}

impl Failure {
    /// A failure in words: what happened and what to do next, each in Chinese and English.
    pub fn new(
        exit: Exit,
        code: impl Into<String>,
        happened: (impl Into<String>, impl Into<String>),
        next: (&'static str, &'static str),
    ) -> Self {
        Self {
            exit,
            code: code.into(),
            happened: Text {
                zh: happened.0.into(),
                en: happened.1.into(),
            },
            next: Advice {
                zh: next.0.into(),
                en: next.1.into(),
            },
        }
    }

    /// Standard output or input did not work.
    pub fn of_stream(error: &std::io::Error) -> Self {
        Self::new(
            Exit::BadInput,
            "cli.stream",
            (
                format!("读写中断：{error}"),
                format!("reading or writing broke off: {error}"),
            ),
            (
                "请检查管道另一头的程序和磁盘空间。",
                "Look at the program at the other end of the pipe, and at the disk space.",
            ),
        )
    }

    /// The failure in words for people.
    pub fn words(&self) -> String {
        format!(
            "错误 {code}：{}\n  {}\nerror {code}: {}\n  {}\n",
            self.happened.zh,
            self.next.zh,
            self.happened.en,
            self.next.en,
            code = self.code,
        )
    }

    /// The failure for programs: one object.
    pub fn json(&self) -> Value {
        json!({ "error": {
            "code": self.code,
            "exit": self.exit.code(),
            "happened": { "zh": self.happened.zh, "en": self.happened.en },
            "next": { "zh": self.next.zh, "en": self.next.en },
        }})
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let retry = (
            "记录都还在手机上；有网络后再同步一次。",
            "All records are still on the phone; sync again when there is a connection.",
        );
        let invite = (
            "请向居委干部要一张新邀请。",
            "Ask the clerk for a new invitation.",
        );
        let (exit, zh, next) = match &error {
            ClientError::NoAddress => (Exit::BadInput, "邀请里没有办公室的地址", invite),
            ClientError::Address(_) => (Exit::BadInput, "邀请里的地址不能用", invite),
            ClientError::NoKey(_) => (Exit::BadInput, "邀请里没有办公室的密钥", invite),
            ClientError::WrongKey(_) => (
                Exit::NotReachable,
                "应答的不是邀请里的那个办公室",
                (
                    "什么也没有发出去。请确认网络，并请办公室核对地址和密钥。",
                    "Nothing was sent. Check the network, and ask the office to compare address and key.",
                ),
            ),
            ClientError::NotReachable(_) => (Exit::NotReachable, "连不上办公室", retry),
            ClientError::Busy(_) => (Exit::NotReachable, "办公室正忙", retry),
            ClientError::Status(_) | ClientError::ReplyTooLong => (
                Exit::NotReachable,
                "办公室的回答不能用",
                (
                    "记录都还在手机上；请办公室查看日志。",
                    "All records are still on the phone; ask the office to look at its log.",
                ),
            ),
        };
        let happened = (format!("{zh}（{error}）"), error.to_string());
        Self::new(exit, error.code(), happened, next)
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let (exit, zh, next) = match &error {
            ServeError::PlainToOthers(_) => (
                Exit::Usage,
                "别的机器能连到这个地址，必须加密",
                (
                    "请用 --listen 给手机用的地址，--page 只给本机地址。",
                    "Give addresses for phones with --listen, and only this machine's to --page.",
                ),
            ),
            ServeError::Listen { .. } => (
                Exit::NotReachable,
                "这个地址打不开",
                (
                    "也许办公室已经在运行；否则请换一个端口。",
                    "Perhaps the office is running already; otherwise take another port.",
                ),
            ),
            ServeError::Key(_) => (
                Exit::StoreBroken,
                "传输密钥不能用",
                (
                    "请从备份恢复 transport.pem；换新密钥会让所有手机连不上。",
                    "Bring transport.pem back from a backup; a new key would lock all phones out.",
                ),
            ),
            ServeError::System(_) => (
                Exit::StoreBroken,
                "系统不给资源",
                (
                    "请关掉别的程序再试。",
                    "Close other programs and try again.",
                ),
            ),
        };
        let happened = (format!("{zh}（{error}）"), error.to_string());
        Self::new(exit, error.code(), happened, next)
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        let (zh, next) = match &error {
            KeyError::File { .. } => (
                "传输密钥读写不了",
                (
                    "请检查办公室文件夹的权限和磁盘空间。",
                    "Look at the permissions of the office's folder and at the disk space.",
                ),
            ),
            KeyError::Damaged { .. } => (
                "传输密钥坏了",
                (
                    "请从备份恢复这个文件；换新密钥会让所有手机连不上。",
                    "Bring the file back from a backup; a new key would lock all phones out.",
                ),
            ),
            KeyError::NotMade(_) => ("做不出传输密钥", ("请再试一次。", "Try again.")),
        };
        let happened = (format!("{zh}（{error}）"), error.to_string());
        Self::new(Exit::StoreBroken, error.code(), happened, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_happened_and_what_to_do_in_both_languages() {
        let failure = Failure::from(ClientError::NoAddress);
        assert_eq!(
            failure.words(),
            "错误 transport.no_address：邀请里没有办公室的地址（the invitation names no address of the office）\n  \
             请向居委干部要一张新邀请。\n\
             error transport.no_address: the invitation names no address of the office\n  \
             Ask the clerk for a new invitation.\n"
        );
        let json = failure.json();
        assert_eq!(json["error"]["code"], "transport.no_address");
        assert_eq!(json["error"]["exit"], 3);
        assert_eq!(json["error"]["next"]["zh"], "请向居委干部要一张新邀请。");
    }

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5]);
    }
}
