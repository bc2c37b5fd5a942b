//! What a replica refuses or cannot do, as a failure: the catalogue says what happened, here stands
//! how the program ends and what to do next.

use std::fmt::Display;

use doorstep_model::message::{self, Lang, Text};
use doorstep_replica::{Error, StoreProblem};

use super::{Exit, Failure};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(
            exit(&error),
            error.code(),
            {
                let Text { zh, en } = happened(&error);
                (zh, en)
            },
            next(&error),
        )
    }
}

fn exit(error: &Error) -> Exit {
    match error {
        Error::Store { .. } => Exit::StoreBroken,
        Error::Peer(_) => Exit::NotReachable,
        Error::NotFound { .. } => Exit::BadInput,
        Error::Refused { code, .. } => match *code {
            "enrol.already" | "text.empty" => Exit::Refused,
            code if TYPED.iter().any(|family| code.starts_with(family)) => Exit::BadInput,
            _ => Exit::Refused,
        },
        Error::NotEnrolled | Error::Closed | Error::RequestReused(_) => Exit::Refused,
    }
}

/// Families of codes that say that something typed or read is wrong in itself.
const TYPED: [&str; 10] = [
    "area.",
    "asset.unknown",
    "bundle.",
    "case.unknown",
    "check.unknown",
    "enrol.",
    "factory.",
    "invite.",
    "label.",
    "text.",
];

fn happened(error: &Error) -> Text {
    match error {
        Error::Refused { code, details } => told(code, details, error),
        Error::NotFound { what, id } => {
            let thing = |lang| match is_known(&format!("thing.{what}")) {
                true => message::text(lang, &format!("thing.{what}"), &[]),
                false => (*what).to_owned(),
            };
            let text = |lang| {
                let (what, id): (String, &dyn Display) = (thing(lang), id);
                message::text(lang, "call.not_found", &[("what", &what), ("id", id)])
            };
            Text {
                zh: text(Lang::Zh),
                en: text(Lang::En),
            }
        }
        Error::Store { details, .. } => {
            let Text { zh, en } = told(error.code(), &[], error);
            Text {
                zh: format!("{zh}（{details}）"),
                en: format!("{en} ({details})"),
            }
        }
        error => told(error.code(), &[], error),
    }
}

fn told(code: &str, details: &[(&'static str, String)], error: &Error) -> Text {
    if !is_known(code) {
        return Text {
            zh: error.to_string(),
            en: error.to_string(),
        };
    }
    let arguments: Vec<(&str, &dyn Display)> = details
        .iter()
        .map(|(name, value)| (*name, value as &dyn Display))
        .collect();
    Text::of(code, &arguments)
}

fn is_known(key: &str) -> bool {
    message::keys().any(|known| known == key)
}

type Words = (&'static str, &'static str);

/// The words of the catalogue mostly say already what to do with this record; here stands where and by
/// which command.
fn next(error: &Error) -> Words {
    match error {
        Error::Store { reason, .. } => store_next(*reason),
        Error::Peer(_) => (
            "记录都还在手机上；请核对地址，更新程序后再同步。",
            "All records are still on the phone; check the address, update the program, and sync again.",
        ),
        Error::NotEnrolled => (
            "请先运行 doorstep phone --home DIR enrol INVITATION，邀请由办公室的 doorstep invite 给出。",
            "First run doorstep phone --home DIR enrol INVITATION; the office's doorstep invite gives one.",
        ),
        Error::NotFound { what: "area", .. } => (
            "请核对区域代码，或先运行 doorstep import areas。",
            "Check the area's code, or first run doorstep import areas.",
        ),
        Error::NotFound { .. } => (
            "请核对写法；手机上没有的，先运行 sync。",
            "Check what was typed; what the phone does not have yet comes with sync.",
        ),
        Error::RequestReused(_) | Error::Closed => ("请再试一次。", "Try again."),
        Error::Refused { code, .. } => refused_next(code),
    }
}

fn store_next(reason: StoreProblem) -> Words {
    match reason {
        StoreProblem::Newer => (
            "请用新版的 doorstep 打开；什么也没有改动。手机上的记录也可以用 doorstep phone rescue 救出来。",
            "Open it with the newer doorstep; nothing was changed. Out of a phone doorstep phone rescue saves the records.",
        ),
        StoreProblem::Corrupt => (
            "不要删除这个文件夹。手机：用 doorstep phone rescue 救出记录。办公室：用 doorstep restore 把备份恢复到别的文件夹。",
            "Do not delete the folder. A phone: doorstep phone rescue saves its records. An office: doorstep restore a backup into another folder.",
        ),
        StoreProblem::ReadOnly => (
            "请检查文件夹的权限，或换一个文件夹。",
            "Look at the folder's permissions, or take another folder.",
        ),
        StoreProblem::Full => (
            "请腾出磁盘空间再试；显示已保存的都在。",
            "Free some disk space and try again; what was shown as saved is saved.",
        ),
        StoreProblem::InUse => (
            "请等另一个 doorstep 命令结束；办公室在运行时，命令会自动交给它。",
            "Wait for the other doorstep command to end; while the office runs, commands are handed to it by themselves.",
        ),
        StoreProblem::WrongKey | StoreProblem::KeyMismatch => (
            "请用建立这个文件夹的程序和钥匙打开。",
            "Open it with the program and the key that made the folder.",
        ),
        StoreProblem::Io => (
            "请检查磁盘；换一块盘时用备份恢复。",
            "Look at the disk; when it is replaced, restore from a backup.",
        ),
    }
}

fn refused_next(code: &str) -> Words {
    match code {
        "office.exists" => (
            "要用它就直接运行 doorstep serve；要新建请用 --folder 指定别的文件夹。",
            "To use it run doorstep serve; for a new office name another folder with --folder.",
        ),
        "enrol.already" => (
            "一个文件夹是一部手机：新手机请用别的 --home。",
            "One folder is one phone: take another --home for a new phone.",
        ),
        "case.level_0" => (
            "当场改好的请加 --fixed；没改好的用 --level 1。",
            "Add --fixed when it was put right on the spot; otherwise use --level 1.",
        ),
        "case.level_3" => (
            "请用 --suspected，由消防机构判定。",
            "Use --suspected: the fire body judges.",
        ),
        "enrol.other_organisation" => (
            "请用自己办公室的邀请；库里读得出是哪家时，不给 --invitation 也行。",
            "Give an invitation of its own office; leave --invitation out where the store can still be read.",
        ),
        code if code.starts_with("enrol.") => (
            "请把邀请整段重新复制，或请办公室再运行一次 doorstep invite。",
            "Copy the whole invitation again, or ask the office to run doorstep invite once more.",
        ),
        code if code.starts_with("check.") || code.starts_with("case.unknown") => (
            "可用的代码在上面；doorstep phone today 列出器材的标签和类型。",
            "The codes that can be used stand above; doorstep phone today lists labels and types.",
        ),
        code if code.starts_with("label.") => (
            "请对着标签再读一遍，8 位，没有 0 1 I L O。",
            "Read the label again: 8 characters, never 0 1 I L O.",
        ),
        code if code.starts_with("invite.") => (
            "doorstep invite --help 有例子。",
            "doorstep invite --help shows examples.",
        ),
        "bundle.no_key" => (
            "请直接同步；打不开的库请用 rescue，并用 --invitation 给出办公室的一张邀请。",
            "Sync instead; a store that does not open is rescued with --invitation of the office.",
        ),
        code if code.starts_with("bundle.") => (
            "什么也没有收下；手机上的记录都还在，也可以直接同步。",
            "Nothing was taken; the records are all on the phone, which may also sync.",
        ),
        code if code.starts_with("undo.") => (
            "doorstep phone status 显示还有什么；更早的请在办公室更正并写明原因。",
            "doorstep phone status shows what there is; correct older records at the office, with a reason.",
        ),
        _ => (
            "什么也没有写下；改正后再试。",
            "Nothing was written; put it right and try again.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_says_what_happened_and_names_what_was_typed() {
        let failure = Failure::from(Error::Refused {
            code: "label.length",
            details: vec![("found", "7".to_owned())],
        });
        assert_eq!(failure.exit, Exit::BadInput);
        assert!(failure.happened.zh.contains('7') && failure.happened.en.contains('7'));
        let failure = Failure::from(Error::NotFound {
            what: "area",
            id: "310101".to_owned(),
        });
        assert!(failure.happened.zh.contains("区域") && failure.happened.zh.contains("310101"));
        assert!(failure.next.en.contains("doorstep import areas"));
    }

    #[test]
    fn a_broken_store_ends_with_5_and_a_rule_with_1() {
        let store = |reason| Error::Store {
            reason,
            details: "disk I/O error".to_owned(),
        };
        for reason in [
            StoreProblem::Corrupt,
            StoreProblem::InUse,
            StoreProblem::Full,
        ] {
            let failure = Failure::from(store(reason));
            assert_eq!(failure.exit, Exit::StoreBroken);
            assert!(failure.happened.en.contains("disk I/O error"));
        }
        assert_eq!(
            Failure::from(Error::refused("undo.nothing")).exit,
            Exit::Refused
        );
        assert_eq!(
            Failure::from(Error::refused("enrol.unreadable")).exit,
            Exit::BadInput
        );
    }
}
